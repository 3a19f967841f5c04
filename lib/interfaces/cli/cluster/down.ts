import type { ServiceName } from '../../../domain/service.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { type Around, downOnCluster } from '../../../supervisor/cluster/down.ts';
import type { ClusterHooks } from '../../../supervisor/cluster/hooks.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import type { CommandContext } from '../context.ts';
import { untilInterrupted, withCluster } from './connect.ts';
import { openHooks } from './hooks.ts';
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
    const tell = (text: string): void => {
      if (!args.flag('json')) stdout.line(toSafeText(text, { colours: false }));
    };
    const hooks = openHooks(context, { prepared, cluster, onNotice: tell });
    const { result, signal } = await untilInterrupted((interrupted) =>
      downOnCluster({
        around: hooks === null ? null : toAround(hooks, { names, interrupted, isWhole: only.length === 0 }),
        cluster,
        clock: systemClock,
        labels: prepared.labels,
        only: only.map((name) => prepared.objects.get(name)?.objectName ?? name),
        dependentsOf: (objectName) =>
          prepared.graph.dependentsOf(names.get(objectName) ?? '').map((name) => prepared.objects.get(name)?.objectName ?? name),
        onEnded: (objectName) => {
          if (!args.flag('json')) stdout.line(`${names.get(objectName) ?? objectName} stopped`);
        },
        interrupted,
      }),
    );
    await hooks?.close();
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

type Going = { readonly names: ReadonlyMap<string, ServiceName>; readonly interrupted: AbortSignal; readonly isWhole: boolean };

/** The hooks of a stack on its way down, as on this machine: those of the stack only where all of it goes. */
const toAround = (hooks: ClusterHooks, { names, interrupted, isWhole }: Going): Around => {
  const ofStack = async (name: 'before_down' | 'after_down'): Promise<void> => {
    if (isWhole) await hooks.stack.run(name, interrupted);
  };
  const ofService = async (objectName: string, hook: 'before_stop' | 'after_stop'): Promise<void> => {
    const name = names.get(objectName);
    if (name !== undefined) await hooks.run(name, hook, interrupted);
  };
  return {
    beforeAll: () => ofStack('before_down'),
    before: (objectName) => ofService(objectName, 'before_stop'),
    after: (objectName) => ofService(objectName, 'after_stop'),
    afterAll: () => ofStack('after_down'),
  };
};
