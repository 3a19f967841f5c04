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
import type { ActionResult, ControlEvent, DownResult, Refusal, StackControl, Why } from '../control.ts';
import { createEventQueue, type EventQueue } from './event-queue.ts';
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
  /** The supervisor ends: everybody who listens is told, and nobody any more after that. */
  end(): void;
};

const mostEarly = 50;

/** Of the last service in a chain of causes. */
const logLines = 10;

const stopping: ActionResult = { ok: false, refusal: { kind: 'stopping' } };

/** The control of a stack from within its supervisor. */
export const createLocalControl = ({ session, onDown, onHurry, ending, opened }: LocalControlOptions): LocalControl => {
  const { stack, graph, records } = session;
  const listeners = new Set<EventQueue>();
  /** What was said of an earlier run before anybody could listen, for those who come while the boot goes on. */
  const early: ControlEvent[] = [];
  let hasEnded = false;

  const snapshot = () => hideInSnapshot(session.snapshot(), records);
  const tellAll = (event: ControlEvent): void => {
    for (const { push } of [...listeners]) push(event);
  };
  const toWall = (at: number): number => session.wall() - (session.now() - at);

  session.subscribe((changes) => {
    if (listeners.size === 0) return;
    for (const { name, after, at } of changes) {
      const service = stack.services.get(name);
      if (service === undefined) continue;
      const root = after.state.kind === 'skipped' ? records.get(after.state.chain.at(-1) ?? '') : undefined;
      const rootState = root === undefined ? {} : { rootState: root.state.kind };
      const seen = takeServiceSnapshot({ service, record: hideInRecord(after), now: at, began: at, ...rootState });
      tellAll({ type: 'changed', service: seen, at: toWall(at) });
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
      toTime: (epoch) => toMoment(epoch),
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

  const events = (signal: AbortSignal): AsyncIterable<ControlEvent> => {
    const finish = (): void => queue.end();
    const queue = createEventQueue(() => {
      listeners.delete(queue);
      signal.removeEventListener('abort', finish);
    });
    listeners.add(queue);
    if (session.snapshot().booting === true) for (const event of early) queue.push(event);
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
    events,
    notice: (text) => {
      const event: ControlEvent = { type: 'noticed', text, at: session.wall() };
      if (early.length < mostEarly) early.push(event);
      tellAll(event);
    },
    end: () => {
      hasEnded = true;
      tellAll({ type: 'ended', at: session.wall() });
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
  })),
});
