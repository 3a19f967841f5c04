import { randomUUID } from 'node:crypto';
import { appendRun, nextRunId } from '../../../domain/fold.ts';
import type { RunRecord } from '../../../domain/history.ts';
import { exitCodeOf } from '../../../domain/outcome.ts';
import { systemClock } from '../../../runtime/clock.ts';
import type { Cluster } from '../../../runtime/kubernetes/cluster.ts';
import { bootOnCluster, type ClusterBoot, type Found, type Pruned, prune } from '../../../supervisor/cluster/boot.ts';
import { prepareNamespace } from '../../../supervisor/cluster/namespace.ts';
import { openMemoryFile } from '../../open-memory.ts';
import { toCommandLine } from '../connect.ts';
import type { CommandContext } from '../context.ts';
import { holdMemory } from '../import-history.ts';
import { readMemory } from '../read-memory.ts';
import { toRemarkLines } from '../render/remarks.ts';
import { buildImages } from './build.ts';
import { toClusterCommand, untilInterrupted, withCluster } from './connect.ts';
import { openHooks } from './hooks.ts';
import { type Prepared, prepareCluster, readObjectNames } from './prepare.ts';
import { refuseOptions, tellProblems } from './problems.ts';
import { openStage, type Stage } from './stage.ts';

/**
 * Boots the stack on a cluster, in the order of the graph, and returns when it is up or has failed: the cluster runs on by itself.
 * What an interruption leaves there stays there.
 */
export const upOnCluster = async (context: CommandContext): Promise<number> => {
  const { args, stderr } = context;
  if (refuseOptions(context, 'up', refusedOptions(context))) return 2;
  const prepared = await prepareCluster(context, { names: args.positionals, noDeps: args.flag('no-deps') });
  if (prepared === null) return 2;
  if (tellProblems(context, 'up', prepared)) return 2;
  for (const line of toRemarkLines(prepared.losses)) stderr.line(`not carried over: ${line}`);
  return await buildAndBoot(context, prepared, false);
};

/** New pods for the named services, or all, in the order of the graph: each when those that it needs are ready again. */
export const restartOnCluster = async (context: CommandContext): Promise<number> => {
  const prepared = await prepareCluster(context, { names: context.args.positionals, noDeps: true });
  if (prepared === null || tellProblems(context, 'restart', prepared)) return 2;
  return await buildAndBoot(context, prepared, true);
};

/** What is to run has to be somewhere from where a cluster can fetch it. */
const buildAndBoot = async (context: CommandContext, prepared: Prepared, anew: boolean): Promise<number> => {
  const command = anew ? 'restart' : 'up';
  const { result: images, signal } = await untilInterrupted((interrupted) =>
    buildImages(context, command, { prepared, interrupted }),
  );
  if (signal !== null) return signal === 'SIGINT' ? 130 : 143;
  if (typeof images === 'number') return images;
  const pinned = prepared.pin(images);
  return await withCluster(context, command, async (cluster) => {
    const create = context.args.flag('create-namespace');
    const ready = await untilInterrupted((interrupted) => prepareNamespace({ cluster, clock: systemClock, create, interrupted }));
    if (ready.signal !== null) return ready.signal === 'SIGINT' ? 130 : 143;
    if (ready.result !== null) {
      context.stderr.line(`muster ${command}: ${ready.result}`);
      return 2;
    }
    return await bootStack(context, { prepared: pinned, cluster, anew });
  });
};

type Boot = { readonly prepared: Prepared; readonly cluster: Cluster; readonly anew: boolean };

/** A cluster runs on by itself, so there is nothing to attach to or to clean; and nobody else's processes to end. */
const refusedOptions = (context: CommandContext): Readonly<Record<string, string>> => {
  const down = toClusterCommand(context, ['down']);
  return {
    'dry-run': `"${toCommandLine(context, ['export', 'kubernetes'])}" shows what would be applied`,
    dashboard: 'it shows what runs here',
    yes: 'nothing is asked there',
    'no-watch': 'no file is watched there',
    detach: 'a cluster always runs on by itself',
    fresh: `"${down}" first`,
    rollback: `"${down}" takes it away`,
  };
};

const bootStack = async (context: CommandContext, { prepared, cluster, anew }: Boot): Promise<number> => {
  const { args, stderr } = context;
  const command = anew ? 'restart' : 'up';
  const { stack, graph } = prepared;
  const memory = await readMemory(stack.root, stderr);
  let stage: Stage | null = null;
  const hooks = openHooks(context, { prepared, cluster, onNotice: (text) => stage?.notice(text) });
  const { result, signal } = await untilInterrupted((interrupted) =>
    bootOnCluster({
      ...prepared,
      cluster,
      clock: systemClock,
      names: graph.order,
      anew,
      hooks,
      force: args.flag('force'),
      failFast: args.flag('fail-fast'),
      runId: nextRunId(memory.history),
      runUid: randomUUID(),
      interrupted,
      open: async (supervisor) => {
        stage = await openStage(context, { prepared, supervisor, memory });
        stage.notice(`in namespace ${cluster.namespace}`);
      },
    }),
  );
  await hooks?.close();
  if (typeof result === 'string') {
    stderr.line(`muster ${command}: ${result}`);
    return 2;
  }
  // What was up before is no boot, and neither is one that did not even begin.
  const isBoot = !anew && result.refused === undefined && stack.services.size > result.unchanged.size;
  if (isBoot) await remember(context, stack.root, result.run);
  if (signal !== null) {
    await closeStage(stage);
    stderr.line(
      `muster ${command}: interrupted; what was applied is still there: "${toClusterCommand(context, ['down'])}" takes it away`,
    );
    return signal === 'SIGINT' ? 130 : 143;
  }
  await closeStage(stage, result);
  const isUp = result.outcome.verdict === 'up' || result.outcome.verdict === 'degraded';
  if (isUp && !anew && args.positionals.length === 0) await tellPruned(context, prepared, cluster);
  return exitCodeOf(result.outcome, args.flag('strict'));
};

const closeStage = async (stage: Stage | null, result: ClusterBoot | null = null): Promise<void> =>
  result === null ? await stage?.close() : await stage?.booted(result);

/** What left the file ends; a service whose profile is not active now stays as it is, as on this machine. */
const tellPruned = async (context: CommandContext, prepared: Prepared, cluster: Cluster): Promise<void> => {
  const { stderr } = context;
  const inFile = await readObjectNames(context);
  if (inFile === null) {
    stderr.line('what left the file was not looked for: there are mistakes in services whose profile is not active');
    return;
  }
  const own = [...prepared.objects.values()];
  const active = new Set(own.map(({ objectName }) => objectName));
  const wanted = new Set(own.flatMap(({ objects }) => objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`)));
  const isWanted = ({ kind, name, service }: Found): boolean =>
    wanted.has(`${kind}/${name}`) || (service !== null && inFile.has(service) && !active.has(service));
  for (const pruned of await prune(cluster, prepared.labels, isWanted)) stderr.line(tellOne(pruned));
};

const tellOne = ({ kind, name, problem }: Pruned): string => {
  if (name === null) return `what left the file was not looked for among those of kind ${kind}: ${problem}`;
  if (problem === null) return `removed: ${kind} ${name}, which is not in the file any more`;
  return `could not be removed: ${kind} ${name}: ${problem}`;
};

/** Beside the boots of this machine, so that `stats` compares them; what keeps it from being saved is told. */
const remember = async (context: CommandContext, root: string, run: RunRecord): Promise<void> => {
  const { stderr } = context;
  const held = await holdMemory(root, context);
  if (!held.ok) {
    stderr.line(`muster up: the boot was not remembered: ${held.reason}`);
    return;
  }
  try {
    const file = await openMemoryFile(root);
    const { memory } = await file.read();
    const saved = await file.save({ ...memory, history: appendRun(memory.history, run) });
    if (!saved.ok) stderr.line(`muster up: the boot was not remembered: ${saved.reason}`);
  } finally {
    await held.release();
  }
};
