import type { CommandContext } from '../context.ts';
import { createPrefixer } from '../render/prefix.ts';
import { withCluster } from './connect.ts';
import { prepareCluster } from './prepare.ts';
import { refuseOptions } from './problems.ts';

/** The last lines of each pod of each service on a cluster. */
export const logsOnCluster = async (context: CommandContext): Promise<number> => {
  const { args, stdout, stderr } = context;
  const elsewhere = 'kubectl logs has it';
  if (refuseOptions(context, 'logs', { follow: elsewhere, since: elsewhere, grep: 'pipe the lines to grep', raw: elsewhere }))
    return 2;
  const prepared = await prepareCluster(context, {
    names: args.positionals,
    noDeps: true,
    allProfiles: args.positionals.length === 0,
  });
  if (prepared === null) return 2;
  const wanted = args.text('tail') ?? '50';
  const lines = wanted === 'all' ? 100_000 : Number(wanted);
  if (!Number.isInteger(lines) || lines < 0) {
    stderr.line(`muster logs: --tail takes a number or "all", not "${wanted}"`);
    return 2;
  }
  return await withCluster(context, 'logs', async (cluster) => {
    const names = [...prepared.stack.services.keys()];
    const prefix = createPrefixer(names, stdout);
    const listed = await cluster.list('Pod', prepared.labels);
    if (!listed.ok) {
      stderr.line(`muster logs: ${listed.problem}`);
      return 2;
    }
    for (const name of names) {
      const objectName = prepared.objects.get(name)?.objectName;
      const pods = listed.items.filter(({ metadata }) => metadata?.labels?.['app.kubernetes.io/name'] === objectName);
      for (const { metadata } of pods) {
        const pod = metadata?.name ?? '';
        for (const text of await cluster.tail(pod, lines))
          stdout.line(args.flag('json') ? JSON.stringify({ service: name, pod, text }) : prefix(name, text));
      }
    }
    return 0;
  });
};
