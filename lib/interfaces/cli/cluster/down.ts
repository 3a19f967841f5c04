import type { ServiceName } from '../../../domain/service.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { downOnCluster } from '../../../supervisor/cluster/down.ts';
import type { CommandContext } from '../context.ts';
import { untilInterrupted, withCluster } from './connect.ts';
import { type Prepared, prepareCluster } from './prepare.ts';

/** Takes the stack, or the named services with those that need them, off a cluster, in the opposite order. */
export const downFromCluster = async (context: CommandContext): Promise<number> => {
  const { args, stdout, stderr } = context;
  const prepared = await prepareCluster(context, { names: [], allProfiles: true });
  if (prepared === null) return 2;
  const only = args.positionals.length === 0 ? [] : [...prepared.graph.dependentClosureOf(args.positionals)];
  const unknown = args.positionals.find((name) => !prepared.stack.services.has(name));
  if (unknown !== undefined) {
    stderr.line(`muster down: there is no service "${unknown}"`);
    return 2;
  }
  return await withCluster(context, 'down', async (cluster) => {
    const names = toNames(prepared);
    const { result, signal } = await untilInterrupted((interrupted) =>
      downOnCluster({
        cluster,
        clock: systemClock,
        labels: prepared.labels,
        only: only.map((name) => prepared.objects.get(name)?.objectName ?? name),
        dependentsOf: (objectName) =>
          prepared.graph.dependentsOf(names.get(objectName) ?? '').map((name) => prepared.objects.get(name)?.objectName ?? name),
        onGone: (objectName) => {
          if (!args.flag('json')) stdout.line(`${names.get(objectName) ?? objectName} gone`);
        },
        interrupted,
      }),
    );
    if (typeof result === 'string') {
      stderr.line(`muster down: ${result}`);
      return 2;
    }
    if (args.flag('json')) stdout.line(JSON.stringify({ ok: result.left.length === 0, ...result }, null, 2));
    else {
      for (const { name, problem } of result.left) stderr.line(`muster down: ${name}: ${problem}`);
      if (result.left.length === 0)
        stdout.line(result.gone.length === 0 ? 'nothing of this stack is on the cluster' : 'nothing is left');
    }
    if (signal !== null) return signal === 'SIGINT' ? 130 : 143;
    return result.left.length === 0 ? 0 : 1;
  });
};

const toNames = ({ objects }: Prepared): ReadonlyMap<string, ServiceName> =>
  new Map([...objects].map(([name, { objectName }]) => [objectName, name]));
