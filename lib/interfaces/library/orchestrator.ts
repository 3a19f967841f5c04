import { buildGraph } from '../../domain/graph.ts';
import { emptyHistory, type History } from '../../domain/history.ts';
import { allNames, findByName, toGrouped } from '../../domain/replicas.ts';
import type { Stack as Model, ServiceName } from '../../domain/service.ts';
import type { StackSnapshot } from '../../domain/snapshot.ts';
import { takeSnapshot } from '../../domain/take-snapshot.ts';
import { didYouMean } from '../../util/did-you-mean.ts';
import type { ActionResult } from '../control.ts';
import { type Definitions, toText } from './definition.ts';
import {
  bootFailed,
  closed,
  findFailed,
  notRunning,
  outcomeOf,
  type Result,
  refused,
  stopping,
  survived,
  toNames,
} from './errors.ts';
import { createEvents } from './events.ts';
import { folderOf, readStack, type StackSource, variablesOf } from './load.ts';
import { createOrphans } from './orphans.ts';
import { type RunningSession, runSession, type StartOptions } from './run-session.ts';
import type { Health, Stack, Up } from './stack.ts';
import { createStateStore } from './state-store.ts';

/** One stack of a program: opens a supervisor when it is started, and lets go of it when it is stopped. */
export const openHandle = (source: StackSource, services: Definitions[number][], isShared: boolean): Stack<string> => {
  const events = createEvents(Date.now);
  let running: RunningSession | null = null;
  let opening: Promise<Result<RunningSession>> | null = null;
  let isClosed = false;
  let remembered: () => History = () => emptyHistory;
  const text = (): string | null => (source.kind === 'file' ? null : toText(source.fields, services));

  const open = async (names: readonly ServiceName[], options: StartOptions): Promise<Result<RunningSession>> => {
    const loaded = await readStack(source);
    if (!loaded.ok) return loaded;
    const known = [...loaded.stack.services.values()].map(toGrouped);
    const unknown = names.find((name) => findByName(known, name).length === 0);
    if (unknown !== undefined) {
      return refused({ kind: 'unknown-service', name: unknown, suggestion: didYouMean(unknown, allNames(known)) }, loaded.text);
    }
    const members = names.flatMap((name) => findByName(known, name));
    const session = await runSession({ source, loaded, names: members, options, events, isShared });
    if (!session.ok) return session;
    running = session;
    remembered = session.history;
    const forget = (): void => {
      if (running === session) running = null;
    };
    session.ended.then(forget, forget);
    return session;
  };

  /** The supervisor that is there, or is about to be. */
  const current = async (): Promise<RunningSession | null> => {
    await opening;
    return running;
  };

  const boot = async (names: readonly ServiceName[], options: StartOptions): Promise<Result<Up>> => {
    opening = open(names, options).finally(() => {
      opening = null;
    });
    const session = await opening;
    if (!session.ok) return session;
    const report = await session.control.boot();
    if (report === null) {
      await session.ended;
      return stopping();
    }
    const { verdict } = report.outcome;
    const snapshot = await session.control.snapshot();
    if (verdict === 'up' || verdict === 'degraded') return { ok: true, verdict, snapshot, failures: report.failures };
    if (options.rollback === true) await session.ended;
    return bootFailed(report, snapshot);
  };

  /** Of what was asked for: what else of the stack had failed is nothing to it. */
  const settle = async ({ factsOf }: RunningSession, result: ActionResult): Promise<Result<Up>> => {
    if (!result.ok) return refused(result.refusal, text());
    const { snapshot, names } = result;
    const { causes, isUnwell } = outcomeOf(names, snapshot);
    const failures = await factsOf(causes);
    const verdict = causes.length > 0 || isUnwell ? 'degraded' : 'up';
    return findFailed({ names, snapshot, failures }) ?? { ok: true, verdict, snapshot, failures };
  };

  /** What needs a stack that runs. */
  const withSession = async <Value extends object>(
    act: (session: RunningSession) => Promise<Result<Value>>,
  ): Promise<Result<Value>> => {
    if (isClosed) return closed();
    const session = await current();
    return session === null ? notRunning() : act(session);
  };

  const down = async (session: RunningSession): Promise<Result> => {
    const { survivors } = await session.control.down();
    await session.ended;
    return survivors.length === 0 ? { ok: true } : survived(survivors.map(({ name, processes }) => ({ name, processes })));
  };

  const look = async (): Promise<Result<{ readonly snapshot: StackSnapshot }>> => {
    const session = await current();
    if (session !== null) return { ok: true, snapshot: await session.control.snapshot() };
    const loaded = await readStack(source);
    return loaded.ok ? { ok: true, snapshot: toIdleSnapshot(loaded.stack) } : loaded;
  };

  const stack: Stack<string> = {
    on: events.on,
    once: events.once,
    off: events.off,
    events: events.events,
    defineService: (name, definition) => {
      services.push([name, definition]);
      return stack;
    },
    start: async (given = [], options = {}) => {
      const asked = toNames(given);
      if (!asked.ok) return asked;
      const { names } = asked;
      for (;;) {
        if (isClosed) return closed();
        // Without a pause in between: of two that ask at once, the second finds the first at work.
        if (running === null && opening === null) return boot(names, options);
        const session = await current();
        if (session !== null) return settle(session, await session.control.start(names));
      }
    },
    stop: async (given = [], { dependents = 'refuse' } = {}) => {
      const asked = toNames(given);
      if (!asked.ok) return asked;
      const { names } = asked;
      const session = await current();
      if (names.length === 0) return session === null ? { ok: true } : down(session);
      if (session === null) return notRunning();
      const result = await session.control.stop(names, dependents);
      return result.ok ? { ok: true } : refused(result.refusal, text());
    },
    restart: async (given = []) => {
      const asked = toNames(given);
      return asked.ok ? withSession(async (session) => settle(session, await session.control.restart(asked.names))) : asked;
    },
    reload: () =>
      withSession(async (session) => {
        const reloaded = await session.reload();
        return reloaded.ok ? settle(session, reloaded.result) : reloaded;
      }),
    status: look,
    health: async () => {
      const looked = await look();
      return looked.ok ? { ok: true, services: toHealth(looked.snapshot) } : looked;
    },
    why: (name) =>
      withSession(async ({ control }) => {
        const why = await control.why(name);
        return 'kind' in why ? refused(why, text()) : { ok: true, why };
      }),
    check: async () => {
      const loaded = await readStack(source);
      return loaded.ok ? { ok: true } : loaded;
    },
    history: () => remembered(),
    orphans: createOrphans({
      root: folderOf(source),
      env: variablesOf(source),
      supervised: () => {
        const control = running?.control;
        return control === undefined ? null : async () => (await control.snapshot()).services;
      },
      stack: () => running?.stack ?? null,
      events,
    }),
    state: createStateStore(source.kind === 'file' ? { ...source, cwd: folderOf(source) } : source),
    control: () => running?.control ?? null,
    toText: text,
    close: async () => {
      isClosed = true;
      const session = await current();
      const result: Result = session === null ? { ok: true } : await down(session);
      events.close();
      return result;
    },
  };
  return stack;
};

const toIdleSnapshot = (stack: Model): StackSnapshot =>
  takeSnapshot({ stack, order: buildGraph(stack.services).order, records: new Map(), now: 0, began: 0 });

const toHealth = ({ services }: StackSnapshot): Readonly<Record<string, Health>> =>
  Object.fromEntries(
    services.map(({ name, state, reason, detail }) => {
      const isBad = state === 'unhealthy' || state === 'failed' || state === 'skipped';
      const healthy = state === 'ready' || state === 'completed' ? true : isBad ? false : null;
      return [name, { state, healthy, detail: reason ?? detail }];
    }),
  );
