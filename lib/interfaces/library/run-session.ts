import type { Socket } from 'node:net';
import type { Change } from '../../domain/events.ts';
import type { History } from '../../domain/history.ts';
import type { RootCause } from '../../domain/outcome.ts';
import type { ServiceName, Stack } from '../../domain/service.ts';
import { toHolder, toServiceEvents, toSettledEvent } from '../../domain/stack-events.ts';
import { createProcesses } from '../../runtime/processes/create.ts';
import type { SessionNotices } from '../../supervisor/session-types.ts';
import { createGate } from '../../util/gate.ts';
import type { LocalControl } from '../control/local.ts';
import { type ControlServer, serveControl } from '../control/server.ts';
import type { ActionResult, ApplyRequest, ControlEvent, FailureFacts, StackControl } from '../control.ts';
import { cleanBeforeStart } from '../session/cleaning.ts';
import { createDashboardDoor } from '../session/dashboard-door.ts';
import { toFailureFacts } from '../session/failure-facts.ts';
import { logSession, type SessionLog } from '../session/muster-log.ts';
import { openStack } from '../session/open.ts';
import { reloadStack } from '../session/reload.ts';
import { supervise } from '../session/supervise.ts';
import { fail, held, type Result } from './errors.ts';
import type { EventSource } from './events.ts';
import { type LoadedStack, readStack, type StackSource, variablesOf } from './load.ts';
import { toOrphan } from './orphans.ts';

export type SessionRequest = {
  readonly source: StackSource;
  readonly loaded: LoadedStack;
  /** What is started at once; all when empty. */
  readonly names: readonly ServiceName[];
  readonly options: StartOptions;
  readonly events: EventSource;
  /** Others of this user may look at it and steer it with the `muster` command. */
  readonly isShared: boolean;
};

export type StartOptions = {
  /** Takes over nothing of an earlier run, cleans, and runs every task. */
  readonly fresh?: boolean;
  /** At the first failure of a required service, gives up what is not up yet. */
  readonly failFast?: boolean;
  /** When the boot fails, stops everything. */
  readonly rollback?: boolean;
  /** False: no change of a file restarts anything, whatever the definition says. */
  readonly watch?: boolean;
};

/** A supervisor in this process. */
export type RunningSession = {
  readonly control: StackControl;
  readonly stack: Stack;
  readonly history: () => History;
  /** Makes the stack what its definition says now. A definition with mistakes changes nothing. */
  readonly reload: () => Promise<Result<{ readonly result: ActionResult }>>;
  /** Everything there is to say about what failed. */
  readonly factsOf: (causes: readonly RootCause[]) => Promise<readonly FailureFacts[]>;
  /** Resolves when it has ended and the folder is free for the next one; rejects only for a bug. */
  readonly ended: Promise<void>;
};

/**
 * Puts a supervisor in charge and boots. It is the one of `muster up` without its terminal: no signal is listened to, nothing
 * is printed, and the process is never ended.
 */
export const runSession = async (request: SessionRequest): Promise<Result<RunningSession>> => {
  const { source, loaded, options, events } = request;
  const { stack } = loaded;
  let control: LocalControl | null = null;
  let log: SessionLog | null = null;
  let server: ControlServer | null = null;
  const notes = new Map<ServiceName, readonly string[]>();
  const notesOf = (name: ServiceName): readonly string[] => notes.get(name) ?? [];
  const warn = (message: string, service: ServiceName | null = null): void => {
    events.emit({ type: 'notice', at: Date.now(), service, message });
    log?.note(service === null ? message : `${service}: ${message}`);
  };

  const opened = await openStack({
    stack,
    withSurvivors: async (also) => {
      const again = await readStack(source, also);
      return again.ok ? again.stack : null;
    },
    env: variablesOf(source),
    isOwnProcess: false,
    flags: { failFast: options.failFast === true, fresh: options.fresh === true, watch: options.watch !== false },
    warn,
    warnOfMemory: (message) => events.emit({ type: 'stateWarning', at: Date.now(), message }),
    notices: toNotices(events, (name, problem) => {
      notes.set(name, [...(notes.get(name) ?? []), problem].slice(-2));
      warn(problem, name);
    }),
  });
  if (!opened.ok) return opened.why === 'held' ? held(opened.holder) : fail({ kind: 'unusable', message: opened.reason });
  const { folder, release, session } = opened;
  const names = request.names.length === 0 ? stack.services.keys() : session.graph.closureOf(request.names);
  const wanted = new Set(names);
  const door = createDashboardDoor({ session, onProblem: warn });
  door.hide(stack, loaded.secrets, variablesOf(source));

  const onEvent = (event: ControlEvent, change: Change | null): void => {
    switch (event.type) {
      case 'changed':
        if (change === null) return;
        for (const told of toServiceEvents(change, event.service, Math.round(event.at))) events.emit(told);
        return;
      case 'noticed':
        events.emit({ type: 'notice', at: Math.round(event.at), service: null, message: event.text });
        return;
      case 'booted':
        events.emit(toSettledEvent(event.report.outcome, Math.round(event.at), event.report.run.duration));
        return;
      case 'stopping':
        events.emit({ type: 'stackStopping', at: Math.round(event.at), times: event.times });
        return;
      case 'ended': {
        const { took = 0, survivors = [] } = event.result ?? {};
        const left = survivors.map(({ name, processes }) => ({ name, processes }));
        events.emit({ type: 'stackStopped', at: Math.round(event.at), took, survivors: left });
        return;
      }
      case 'applied':
      case 'failed':
    }
  };

  events.emit({ type: 'stackStarting', at: Date.now(), stack: stack.name, environment: stack.environment });
  for (const { message } of loaded.warnings) warn(message);
  log = logSession(session, (reason) => warn(`logs/muster.log is not written: ${reason}`));
  let next: Stack | null = null;
  const controlled = createGate<LocalControl>();
  const supervising = supervise({
    session,
    names: session.graph.order.filter((name) => wanted.has(name)),
    isBackground: true,
    obeysSignals: false,
    endOnFailure: options.rollback === true,
    strict: false,
    afterStarts: log.open,
    prepare: () => (options.fresh === true ? cleanBeforeStart(stack, warn) : Promise.resolve()),
    notice: (text) => control?.notice(text),
    notesOf,
    closed: new AbortController().signal,
    reload: async (asked, running) => {
      if (asked === ownReload) return next ?? 'its definition cannot be read';
      if (source.kind === 'program') {
        return `this stack is defined by a program (pid ${process.pid}), which alone can change it; "muster down" ends it`;
      }
      const again = await reloadStack({ ...asked, environment: asked.environment ?? stack.environment }, running);
      if (typeof again === 'string') return again;
      door.hide(again.stack, again.secrets, asked.variables);
      return again.stack;
    },
    dashboard: door.open,
    onEvent,
    open: async (local) => {
      control = local;
      const takeHttp = (client: Socket): Promise<void> => door.take(local, client);
      if (request.isShared) server = await serveControl({ folder, control: local, onProblem: warn, takeHttp });
      controlled.open(local);
      return {
        close: async () => {
          await door.close();
          await server?.close();
        },
      };
    },
  });
  const finish = async (): Promise<void> => {
    try {
      await supervising;
    } finally {
      await session.close();
      await log?.close();
      await release();
      await server?.hangUp();
    }
  };
  const ended = finish();
  const local = await Promise.race([controlled.opened, ended.then(() => null)]);
  if (local === null) return fail({ kind: 'stopping', message: 'the stack ended before it began' });
  const ownReload: ApplyRequest = {
    file: stack.file,
    environment: stack.environment,
    profiles: [],
    only: [],
    noDeps: false,
    variables: onlyTexts(variablesOf(source)),
  };
  return {
    ok: true,
    control: local,
    stack: session.stack,
    history: session.history,
    factsOf: (causes) => toFailureFacts(causes, { session, notesOf }),
    ended,
    reload: async () => {
      const again = await readStack(source, session.graph.order);
      if (!again.ok) return again;
      door.hide(again.stack, again.secrets, variablesOf(source));
      next = again.stack;
      return { ok: true, result: await local.apply(ownReload) };
    },
  };
};

const toNotices = (events: EventSource, tell: (name: ServiceName, problem: string) => void): SessionNotices => ({
  onReclaim: (service, holder) =>
    events.emit({ type: 'portReclaimed', at: Date.now(), service, port: holder.port, holder: toHolder(holder) }),
  onProblem: tell,
  onNotice: (message) => events.emit({ type: 'notice', at: Date.now(), service: null, message }),
  onUnsaved: (reason) => events.emit({ type: 'stateWarning', at: Date.now(), message: `the memory was not saved: ${reason}` }),
  onExit: ({ name, attempt, exit, asked }) =>
    events.emit({ type: 'serviceExited', at: Date.now(), service: name, attempt, ...exit, asked }),
  onOrphans: (found) => {
    for (const orphan of found) events.emit({ type: 'orphanFound', at: Date.now(), ...toOrphan(orphan) });
  },
  onOrphansEnded: (found) => {
    const { isAlive } = createProcesses();
    for (const orphan of found) {
      const isLeft = isAlive(orphan.identity);
      events.emit({ type: isLeft ? 'orphanSurvived' : 'orphanKilled', at: Date.now(), ...toOrphan(orphan) });
    }
  },
});

const onlyTexts = (variables: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(variables).flatMap(([name, text]) => (text === undefined ? [] : [[name, text]])));
