import { clusterMachine, onEngine } from '../../../domain/engine.ts';
import type { Change } from '../../../domain/events.ts';
import { toPlan } from '../../../domain/plan.ts';
import { takeSnapshot, takeSnapshotAfter } from '../../../domain/take-snapshot.ts';
import { systemClock } from '../../../runtime/clock.ts';
import type { Memory } from '../../../runtime/memory-file.ts';
import type { ClusterBoot } from '../../../supervisor/cluster/boot.ts';
import type { Supervisor } from '../../../supervisor/supervisor.ts';
import { toMoment } from '../../../util/local-time.ts';
import { createEventQueue } from '../../control/event-queue.ts';
import { maskMirror } from '../../control/mask.ts';
import { toNews } from '../../control/news.ts';
import type { BootReport, News } from '../../control.ts';
import { viewByOutput } from '../attach/choose-view.ts';
import type { Facts } from '../attach/facts.ts';
import { showStack } from '../attach/show.ts';
import { withMask } from '../attach/with-mask.ts';
import type { CommandContext } from '../context.ts';
import { toClusterCommand } from './connect.ts';
import { createClusterMask } from './mask.ts';
import type { Prepared } from './prepare.ts';

/** What the person in front of a boot on a cluster sees: the view of a boot on this machine. */
export type Stage = {
  notice(text: string): void;
  /** Shows what came of it; nothing is shown any more after that. */
  booted(boot: ClusterBoot): Promise<void>;
  /** It was cut off. */
  close(): Promise<void>;
};

export type StageOptions = { readonly prepared: Prepared; readonly supervisor: Supervisor; readonly memory: Memory };

export const openStage = async (context: CommandContext, options: StageOptions): Promise<Stage> => {
  const { prepared, supervisor, memory } = options;
  const { stack, graph, records } = supervisor;
  const clock = systemClock;
  const began = clock.now();
  let booting = true;
  const queue = createEventQueue(() => undefined);
  const history = onEngine(memory.history, true);
  const toWall = (at: number): number => clock.wall() - (clock.now() - at);
  const unsubscribe = supervisor.subscribe((changes) => {
    for (const change of changes) {
      const seen = takeSnapshotAfter(change, { stack, records, toTime: toMoment });
      if (seen === null) continue;
      queue.push({ type: 'changed', service: seen, news: toNews(change, seen) ?? toProgress(change), at: toWall(change.at) });
    }
  });
  const show = await showStack({
    control: {
      snapshot: async () => ({
        ...takeSnapshot({ stack, order: graph.order, records, now: clock.now(), began, toTime: toMoment }),
        booting,
      }),
      events: () => queue.events,
      boot: async () => null,
    },
    createView: (mirror) => {
      const mask = createClusterMask(prepared.loaded, context.env);
      const facts: Facts = {
        mirror: maskMirror(mirror, mask),
        plan: toPlan(stack, graph, history, { machine: clusterMachine }),
        cwd: context.cwd,
        again: toClusterCommand(context, ['up', ...context.args.positionals]),
        toType: (words) => toClusterCommand(context, words),
        pathOf: () => null,
      };
      const view = viewByOutput(context, facts, `it runs on by itself: ${toClusterCommand(context, ['down'])} takes it away`);
      return withMask(view, mask);
    },
    logFiles: new Map(),
    isJoining: false,
    signal: new AbortController().signal,
  });
  const close = async (): Promise<void> => {
    unsubscribe();
    queue.end();
    await show.done;
  };
  return {
    notice: (text) => queue.push({ type: 'noticed', text, at: clock.wall() }),
    booted: async (boot) => {
      booting = false;
      if (boot.unchanged.size > 0 && boot.unchanged.size === stack.services.size)
        queue.push({ type: 'noticed', text: 'all of it is there as the file has it: nothing was changed', at: clock.wall() });
      queue.push({ type: 'booted', report: toReport(context, prepared, boot), at: clock.wall() });
      await close();
    },
    close,
  };
};

/** What it waits for, or meets, is worth a line where there is no line to redraw: nobody here can look into a pod. */
const toProgress = ({ before, after }: Change): News | null => {
  if (after.state.kind !== 'starting' || after.state.lastProbe === null) return null;
  const last = before.state.kind === 'starting' ? before.state.lastProbe : null;
  if (after.state.lastProbe === last) return null;
  return { type: 'serviceStarting', from: before.state.kind, text: `starting: ${after.state.lastProbe}`, cause: null };
};

const toReport = (context: CommandContext, { stack }: Prepared, { outcome, run, tails, refused }: ClusterBoot): BootReport => ({
  outcome,
  run,
  failures: outcome.causes.flatMap((cause) => {
    const service = stack.services.get(cause.name);
    if (service === undefined) return [];
    const logCommand = toClusterCommand(context, ['logs', cause.name]);
    return [
      { cause, label: service.label, logLines: tails.get(cause.name) ?? [], logFile: service.log.file, logCommand, notes: [] },
    ];
  }),
  ...(refused === undefined ? {} : { refused }),
});
