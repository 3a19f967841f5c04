import type { Difference } from '../../domain/difference.ts';
import type { Change } from '../../domain/events.ts';
import { allNames, findByName, toGrouped } from '../../domain/replicas.ts';
import type { ServiceName, Stack } from '../../domain/service.ts';
import type { StackSnapshot } from '../../domain/snapshot.ts';
import { isUp, newRecord } from '../../domain/state.ts';
import { toKilled } from '../../domain/stop-blame.ts';
import { takeSnapshotAfter } from '../../domain/take-snapshot.ts';
import { describeSurvivors } from '../../domain/words.ts';
import type { Session } from '../../supervisor/session.ts';
import type { ShutdownResult } from '../../supervisor/shutdown.ts';
import { didYouMean } from '../../util/did-you-mean.ts';
import { toMoment } from '../../util/local-time.ts';
import type {
  ActionResult,
  ApplyRequest,
  BootReport,
  ControlEvent,
  DashboardAddress,
  DashboardRequest,
  DownResult,
  FailureFacts,
  Refusal,
  StackControl,
  Why,
} from '../control.ts';
import { createBootStory } from './boot-story.ts';
import { withEdits } from './edited.ts';
import { createEventQueue, type EventQueue } from './event-queue.ts';
import { toNews } from './news.ts';
import { tellWhy } from './tell-why.ts';
import { hideInRecord, hideInSnapshot } from './without-secrets.ts';

export type LocalControlOptions = {
  readonly session: Session;
  /** Stops everything as Ctrl-C does, or joins the stop that is under way. */
  readonly onDown: () => Promise<ShutdownResult>;
  /** Like the second and the third Ctrl-C; nothing while no stop is under way. */
  readonly onHurry: (level: 1 | 2) => void;
  /** Aborted when the stack begins to go down, whoever asked for it. */
  readonly ending: AbortSignal;
  /** Reads the stack's file as `apply` asks for; absent: it cannot be read anew here. What is wrong with it, in a sentence. */
  readonly reload?: (request: ApplyRequest, running: readonly ServiceName[]) => Promise<Stack | string>;
  /** Told of every event in the moment in which it happens, whoever else listens; of a `changed` with the change itself. */
  readonly onEvent?: (event: ControlEvent, change: Change | null) => void;
  /** What the stack's files say by now, and as such a request would read them; absent: nobody looks at them. */
  readonly definitions?: {
    now(): Promise<Stack | string>;
    peek(request: ApplyRequest): Promise<Stack | string>;
  };
  /** Values that are not to be shown, in what services print; absent: there are none. */
  readonly hidden?: { mask(text: string): string; hasAny(): boolean };
  /** Absent: there is none here. */
  readonly dashboard?: (request: DashboardRequest) => Promise<DashboardAddress>;
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

const unreadable = 'its file cannot be read anew';

/** The services that a request names, all members of each. */
const toWanted = (next: Stack, { only }: ApplyRequest): readonly ServiceName[] =>
  only.flatMap((name) => findByName([...next.services.values()].map(toGrouped), name));

const toTime = (epoch: number): string => toMoment(epoch);

const stopping: ActionResult = { ok: false, refusal: { kind: 'stopping' } };

/** The control of a stack from within its supervisor. */
export const createLocalControl = (options: LocalControlOptions): LocalControl => {
  const { session, onDown, onHurry, ending, opened } = options;
  const { stack, graph, records } = session;
  const listeners = new Set<EventQueue>();
  let hasEnded = false;
  let announceBoot: (report: BootReport | null) => void = () => undefined;
  const booting = new Promise<BootReport | null>((resolve) => {
    announceBoot = resolve;
  });

  const { hidden } = options;
  const snapshot = (): StackSnapshot => ({
    ...hideInSnapshot(session.snapshot(), records),
    ...(hidden?.hasAny() === true ? { hides: true } : {}),
    ...(ending.aborted ? { stopping: true } : {}),
  });
  const soFar = createBootStory();
  const tellAll = (event: ControlEvent, change: Change | null = null): void => {
    soFar.note(event);
    options.onEvent?.(event, change);
    for (const { push } of [...listeners]) push(event);
  };
  const toWall = (at: number): number => session.wall() - (session.now() - at);

  session.subscribe((changes) => {
    if (listeners.size === 0 && !session.isBooting() && options.onEvent === undefined) return;
    for (const change of changes) {
      const shown = { ...change, after: hideInRecord(change.after) };
      const seen = takeSnapshotAfter(shown, { stack, records, toTime });
      if (seen !== null) tellAll({ type: 'changed', service: seen, news: toNews(change, seen), at: toWall(change.at) }, shown);
    }
  });

  session.onExchange(() => tellAll({ type: 'applied', services: snapshot().services, at: session.wall() }));

  const inOrder = (names: Iterable<ServiceName>): readonly ServiceName[] => {
    const chosen = new Set(names);
    return graph.order.filter((name) => chosen.has(name));
  };
  const orAll = (names: readonly ServiceName[]): readonly ServiceName[] => (names.length === 0 ? graph.order : names);

  /** Anew each time: an `apply` may have exchanged the stack. */
  const known = () => [...stack.services.values()].map(toGrouped);
  /** The services that people mean by these names; a service with several replicas is all of them. */
  const toMembers = (names: readonly string[]): readonly ServiceName[] => [
    ...new Set(names.flatMap((name) => findByName(known(), name))),
  ];

  const findUnknown = (names: readonly string[]): Extract<Refusal, { kind: 'unknown-service' }> | null => {
    const name = names.find((each) => findByName(known(), each).length === 0);
    return name === undefined ? null : { kind: 'unknown-service', name, suggestion: didYouMean(name, allNames(known())) };
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
    return tellWhy(name, { session, toTime, mask: hidden?.mask });
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

  const notice = (text: string): void => tellAll({ type: 'noticed', text, at: session.wall() });

  return {
    snapshot: async () => {
      const found = await options.definitions?.now();
      return found === undefined ? snapshot() : withEdits(snapshot(), found, session.differenceTo);
    },
    start: (names) =>
      act(names, async (members) => {
        await session.startServices(members);
        return graph.closureOf(orAll(members));
      }),
    apply: async (request) => {
      await opened;
      if (ending.aborted) return stopping;
      let wanted: readonly ServiceName[] = [];
      const reason = await session.apply({
        environment: request.variables,
        read: async () => {
          const next = ending.aborted ? unreadable : ((await options.reload?.(request, graph.order)) ?? unreadable);
          if (typeof next === 'string') return next;
          wanted = toWanted(next, request);
          return { stack: next, names: wanted };
        },
        onDifference: (difference) => {
          const told = tellDifference(difference);
          if (told !== null) notice(told);
        },
      });
      if (ending.aborted) return stopping;
      if (reason !== null) return { ok: false, refusal: { kind: 'unreadable', reason } };
      return { ok: true, snapshot: snapshot(), names: inOrder(graph.closureOf(orAll(wanted))) };
    },
    preview: async (request) => {
      const next = (await options.definitions?.peek(request)) ?? unreadable;
      if (typeof next === 'string') return { ok: false, reason: next };
      return { ok: true, ...(await session.preview(next, toWanted(next, request))) };
    },
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
    dashboard: async (request) =>
      (await options.dashboard?.(request)) ?? { ok: false, reason: 'there is no dashboard for this stack' },
    events,
    notice,
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

/** Null: it is as it was. */
const tellDifference = ({ added, removed, changed, following }: Difference): string | null => {
  const parts = [
    ['new', added],
    ['gone', removed],
    ['changed', changed],
    ['restarted with them', following],
  ] as const;
  const told = parts.flatMap(([what, names]) => (names.length === 0 ? [] : [`${what}: ${names.join(', ')}`]));
  if (told.length === 0) return null;
  // Of a profile, or by its name: the file may well be as it was.
  const isOnlyMore = added.length > 0 && told.length === 1;
  return isOnlyMore ? `added to what runs: ${added.join(', ')}` : `the file has changed; ${told.join('; ')}`;
};

const toDownResult = ({ took, survivors, record }: ShutdownResult): DownResult => ({
  took,
  killed: toKilled(record),
  survivors: survivors.map(({ name, survivors: left }) => ({
    name,
    pids: left.map(({ pid }) => pid),
    text: describeSurvivors(left),
    processes: left,
  })),
});
