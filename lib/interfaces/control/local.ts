import { explain } from '../../domain/explain.ts';
import { allNames, findByName, toGrouped } from '../../domain/replicas.ts';
import type { ServiceName } from '../../domain/service.ts';
import { isUp, newRecord } from '../../domain/state.ts';
import { takeServiceSnapshot } from '../../domain/take-snapshot.ts';
import { describeSurvivors } from '../../domain/words.ts';
import type { Session } from '../../supervisor/session.ts';
import type { ShutdownResult } from '../../supervisor/shutdown.ts';
import { didYouMean } from '../../util/did-you-mean.ts';
import { toMoment } from '../cli/render/time.ts';
import type { ActionResult, BootReport, ControlEvent, DownResult, FailureFacts, Refusal, StackControl, Why } from '../control.ts';
import { createBootStory } from './boot-story.ts';
import { createEventQueue, type EventQueue } from './event-queue.ts';
import { toNews } from './news.ts';
import { hideInRecord, hideInSnapshot } from './without-secrets.ts';

export type LocalControlOptions = {
  readonly session: Session;
  /** Stops everything as Ctrl-C does, or joins the stop that is under way. */
  readonly onDown: () => Promise<ShutdownResult>;
  /** Like the second and the third Ctrl-C; nothing while no stop is under way. */
  readonly onHurry: (level: 1 | 2) => void;
  /** Aborted when the stack begins to go down, whoever asked for it. */
  readonly ending: AbortSignal;
  /** Resolves when services may be started: what an earlier run had left is gone by then. */
  readonly opened: Promise<void>;
};

export type LocalControl = StackControl & {
  /** Tells everybody who listens. */
  notice(text: string): void;
  booted(report: BootReport): void;
  failed(failures: readonly FailureFacts[]): void;
  stopping(times: number): void;
  /** The supervisor ends: everybody who listens is told, and nobody any more after that. */
  end(result?: ShutdownResult | null): void;
};

/** Of the last service in a chain of causes. */
const logLines = 10;

const toTime = (epoch: number): string => toMoment(epoch);

const stopping: ActionResult = { ok: false, refusal: { kind: 'stopping' } };

/** The control of a stack from within its supervisor. */
export const createLocalControl = ({ session, onDown, onHurry, ending, opened }: LocalControlOptions): LocalControl => {
  const { stack, graph, records } = session;
  const listeners = new Set<EventQueue>();
  let hasEnded = false;
  let announceBoot: (report: BootReport | null) => void = () => undefined;
  const booting = new Promise<BootReport | null>((resolve) => {
    announceBoot = resolve;
  });

  const snapshot = () => hideInSnapshot(session.snapshot(), records);
  const soFar = createBootStory();
  const tellAll = (event: ControlEvent): void => {
    soFar.note(event);
    for (const { push } of [...listeners]) push(event);
  };
  const toWall = (at: number): number => session.wall() - (session.now() - at);

  session.subscribe((changes) => {
    if (listeners.size === 0 && !session.isBooting()) return;
    for (const change of changes) {
      const { name, after, at } = change;
      const service = stack.services.get(name);
      if (service === undefined) continue;
      const root = after.state.kind === 'skipped' ? records.get(after.state.chain.at(-1) ?? '') : undefined;
      const rootState = root === undefined ? {} : { rootState: root.state.kind };
      const seen = takeServiceSnapshot({ service, record: hideInRecord(after), now: at, began: at, ...rootState, toTime });
      tellAll({ type: 'changed', service: seen, news: toNews(change, seen), at: toWall(at) });
    }
  });

  const inOrder = (names: Iterable<ServiceName>): readonly ServiceName[] => {
    const chosen = new Set(names);
    return graph.order.filter((name) => chosen.has(name));
  };
  const orAll = (names: readonly ServiceName[]): readonly ServiceName[] => (names.length === 0 ? graph.order : names);

  const known = [...stack.services.values()].map(toGrouped);
  /** The services that people mean by these names; a service with several replicas is all of them. */
  const toMembers = (names: readonly string[]): readonly ServiceName[] => [
    ...new Set(names.flatMap((name) => findByName(known, name))),
  ];

  const findUnknown = (names: readonly string[]): Extract<Refusal, { kind: 'unknown-service' }> | null => {
    const name = names.find((each) => findByName(known, each).length === 0);
    return name === undefined ? null : { kind: 'unknown-service', name, suggestion: didYouMean(name, allNames(known)) };
  };

  /** What every action has in common: nobody is asked for what is not there, or while everything goes down. */
  const act = async (
    names: readonly string[],
    run: (members: readonly ServiceName[]) => Promise<Iterable<ServiceName> | Refusal>,
  ): Promise<ActionResult> => {
    const unknown = findUnknown(names);
    if (unknown !== null) return { ok: false, refusal: unknown };
    await opened;
    if (ending.aborted) return stopping;
    const done = await run(toMembers(names));
    if ('kind' in done) return { ok: false, refusal: done };
    if (ending.aborted) return stopping;
    return { ok: true, snapshot: snapshot(), names: inOrder(done) };
  };

  const why = async (named: string): Promise<Why | Refusal> => {
    const unknown = findUnknown([named]);
    if (unknown !== null) return unknown;
    // Of several replicas, the first that is not well is the one that people ask about.
    const members = toMembers([named]);
    const name = members.find((each) => !isUp((records.get(each) ?? newRecord).state)) ?? members[0] ?? named;
    const steps = explain(name, {
      stack,
      graph,
      records,
      now: session.now(),
      wall: session.wall(),
      toTime,
    });
    const root = steps.at(-1)?.service ?? name;
    const hasRun = (records.get(root) ?? newRecord).attempt > 0;
    return {
      service: name,
      steps,
      logLines: hasRun ? await session.tail(root, logLines) : [],
      logFile: hasRun ? (stack.services.get(root)?.log.file ?? null) : null,
    };
  };

  const events: StackControl['events'] = (signal, { fromStart = false } = {}) => {
    const finish = (): void => queue.end();
    const queue = createEventQueue(() => {
      listeners.delete(queue);
      signal.removeEventListener('abort', finish);
    });
    for (const event of soFar.events()) {
      // What was said before anybody could listen is for everybody who comes while the boot goes on.
      if (fromStart || (event.type === 'noticed' && session.isBooting())) queue.push(event);
    }
    listeners.add(queue);
    signal.addEventListener('abort', finish, { once: true });
    if (signal.aborted || hasEnded) queue.end();
    return queue.events;
  };

  return {
    snapshot: async () => snapshot(),
    start: (names) =>
      act(names, async (members) => {
        await session.startServices(members);
        return graph.closureOf(orAll(members));
      }),
    stop: (names, choice) =>
      act(names, async (members) => {
        const scope = session.scopeOfStop(orAll(members), choice);
        if (!scope.ok) return { kind: 'needed', neededBy: scope.neededBy };
        await session.stopServices(scope.names);
        return scope.names;
      }),
    restart: (names) => act(names, (members) => session.restartServices(orAll(members))),
    down: async () => toDownResult(await onDown()),
    hurry: async (level) => onHurry(level),
    why,
    boot: () => booting,
    agree: async (holders) => session.condemn(holders),
    usage: async () => [...(await session.usage())].map(([name, usage]) => ({ name, ...usage })),
    events,
    notice: (text) => tellAll({ type: 'noticed', text, at: session.wall() }),
    booted: (report) => {
      tellAll({ type: 'booted', report, at: session.wall() });
      announceBoot(report);
    },
    failed: (failures) => tellAll({ type: 'failed', failures, at: session.wall() }),
    stopping: (times) => tellAll({ type: 'stopping', times, at: session.wall() }),
    end: (result = null) => {
      hasEnded = true;
      announceBoot(null);
      tellAll({ type: 'ended', result: result === null ? null : toDownResult(result), at: session.wall() });
      for (const queue of [...listeners]) queue.end();
    },
  };
};

const toDownResult = ({ took, survivors }: ShutdownResult): DownResult => ({
  took,
  survivors: survivors.map(({ name, survivors: left }) => ({
    name,
    pids: left.map(({ pid }) => pid),
    text: describeSurvivors(left),
    processes: left,
  })),
});
