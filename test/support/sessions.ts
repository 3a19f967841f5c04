import { setTimeout as pause } from 'node:timers/promises';
import { buildGraph } from '../../lib/domain/graph.ts';
import type { ServiceName, Stack } from '../../lib/domain/service.ts';
import { createLocalControl, type LocalControl } from '../../lib/interfaces/control/local.ts';
import type { Journal } from '../../lib/runtime/journal.ts';
import { emptyMemory } from '../../lib/runtime/memory-file.ts';
import { createSession, type Session } from '../../lib/supervisor/session.ts';
import type { Shutdown } from '../../lib/supervisor/shutdown.ts';
import { createFakeRuntime, type FakeRuntime, type Script } from './fake-runtime.ts';

/** A session over a make-believe system, with the control that an attached `up` puts in front of it. */
export type SessionRig = {
  readonly session: Session;
  readonly runtime: FakeRuntime;
  readonly control: LocalControl;
  readonly stateOf: (name: ServiceName) => string;
  readonly states: () => readonly string[];
  /** Names in the order in which they were spawned. */
  readonly spawned: () => readonly ServiceName[];
  /** Boots everything, with time moving. */
  readonly boot: () => Promise<void>;
  /** Lets time move until the answer is there. */
  readonly move: <Answer>(answer: Promise<Answer>) => Promise<Answer>;
};

const noJournal: Journal = {
  predecessor: null,
  recorded: {},
  note: () => undefined,
  beginAnew: () => undefined,
  shorten: () => undefined,
  close: () => undefined,
};

/** Looks in a row that find nothing to do. */
const longestIdle = 2_000;

export const aSession = (
  stack: Stack,
  scripts: Readonly<Record<ServiceName, readonly Script[]>> = {},
  onProblem: (name: ServiceName, problem: string) => void = () => undefined,
): SessionRig => {
  const runtime = createFakeRuntime(scripts);
  const session = createSession({
    stack,
    graph: buildGraph(stack.services),
    runtime,
    memoryFile: {
      read: async () => ({ memory: emptyMemory, warning: null, writable: true }),
      save: async () => ({ ok: true }),
    },
    memory: emptyMemory,
    journal: noJournal,
    project: 'test',
    self: { pid: process.pid, startTime: '1', bootId: 'fake' },
    machine: 'linux-x64-2',
    environment: {},
    notifyDir: '/run',
    priority: () => 0,
    flags: { failFast: false, fresh: false },
    notices: { onReclaim: () => undefined, onProblem, onUnsaved: () => undefined },
  });
  const ending = new AbortController();
  let shutdown: Shutdown | null = null;
  const control = createLocalControl({
    session,
    ending: ending.signal,
    opened: Promise.resolve(),
    onDown: () => {
      ending.abort();
      shutdown ??= session.stopAll();
      session.interruptBoot();
      return shutdown.done;
    },
    onHurry: (level) => shutdown?.hurry(level === 1 ? 1_000 : 0),
  });

  const stateOf = (name: ServiceName): string => session.records.get(name)?.state.kind ?? 'unknown';

  const move: SessionRig['move'] = async (answer) => {
    let isDone = false;
    const settled = answer.finally(() => {
      isDone = true;
    });
    settled.catch(() => undefined);
    // An answer may come through a real socket: where no timer is due, the system gets its turn.
    let idle = 0;
    while (!isDone && idle < longestIdle) {
      if (await runtime.clock.next()) idle = 0;
      else {
        idle += 1;
        await pause(1);
      }
    }
    if (!isDone)
      throw new Error(
        `no answer, and nothing moves: ${session.graph.order.map((name) => `${name} ${stateOf(name)}`).join(', ')}`,
      );
    return settled;
  };
  return {
    session,
    runtime,
    control,
    stateOf,
    states: () => session.graph.order.map(stateOf),
    spawned: () => runtime.spawned.map(({ name }) => name),
    boot: async () => void (await move(session.boot(session.graph.order, 'up'))),
    move,
  };
};
