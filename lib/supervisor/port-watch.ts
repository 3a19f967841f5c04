import type { Change } from '../domain/events.ts';
import type { Misplaced } from '../domain/process.ts';
import { type Ms, provesPort, type Service, type ServiceName } from '../domain/service.ts';
import { isUp, type ServiceRecord, type ServiceState } from '../domain/state.ts';
import { describeMisplaced } from '../domain/words.ts';
import type { Timer } from '../runtime/clock.ts';
import type { Tree } from '../runtime/processes.ts';
import { answers } from '../runtime/sockets/addresses.ts';
import type { TcpListener } from '../runtime/sockets.ts';
import type { Runtime } from './runtime.ts';
import type { Supervisor } from './supervisor.ts';

export type PortWatchOptions = {
  readonly supervisor: Supervisor;
  readonly runtime: Pick<Runtime, 'clock' | 'sockets'>;
  readonly onProblem: (name: ServiceName, problem: string) => void;
};

/** How long a service may take to listen before it is asked where it listens instead; less where its own limit is close. */
const lookAfter: Ms = 2_000;

/** Tells of services that listen on other ports than they declare, or at another address: their probes, and everybody who asks them, wait in vain. */
export const watchPorts = ({ supervisor, runtime, onProblem }: PortWatchOptions): (() => void) => {
  const timers = new Map<ServiceName, Timer>();
  let isClosed = false;

  /** Its record, as long as there is something to find out. */
  const doubtful = (name: ServiceName, attempt: number): ServiceRecord | null => {
    const [record, service] = [supervisor.records.get(name), supervisor.stack.services.get(name)];
    if (record === undefined || record.attempt !== attempt || !isRunning(record.state) || service === undefined) return null;
    return isUp(record.state) && provesPort(service) ? null : record;
  };

  /** Null: nothing can be looked at just now, as when no file can be opened; it is looked again as long as there is something to find out. */
  const listenersOf = async (tree: Tree): Promise<readonly TcpListener[] | null> => {
    try {
      return await runtime.sockets.listenersOf(tree);
    } catch {
      return null;
    }
  };

  const look = async (name: ServiceName, attempt: number): Promise<void> => {
    const tree = supervisor.treeOf(name);
    if (tree === null || doubtful(name, attempt) === null) return;
    const listeners = await listenersOf(tree);
    if (listeners === null) {
      if (!isClosed && !timers.has(name)) lookIn(lookAfter, name, attempt);
      return;
    }
    // It may have got ready, or ended, meanwhile.
    const record = doubtful(name, attempt);
    const service = supervisor.stack.services.get(name);
    const misplaced = record === null || service === undefined ? null : findMisplaced(listeners, record, service);
    if (misplaced === null) return;
    supervisor.post({ name, event: { type: 'foundMisplaced', attempt, misplaced } });
    onProblem(name, `${describeMisplaced(misplaced)}; correct one of them`);
  };

  const lookIn = (after: Ms, name: ServiceName, attempt: number): void => {
    timers.get(name)?.cancel();
    const timer = runtime.clock.setTimer(after, () => {
      timers.delete(name);
      void look(name, attempt);
    });
    timers.set(name, timer);
  };

  const unsubscribe = supervisor.subscribe((changes) => {
    for (const { name, after } of changes.filter(isSpawn)) {
      if (after.ports.length === 0) continue;
      const limit = supervisor.stack.services.get(name)?.healthTimeout ?? lookAfter;
      lookIn(Math.min(lookAfter, limit * 0.8), name, after.attempt);
    }
  });

  return () => {
    isClosed = true;
    unsubscribe();
    for (const timer of timers.values()) timer.cancel();
  };
};

/** Null: it listens nowhere yet, or where it should. */
const findMisplaced = (listeners: readonly TcpListener[], { ports }: ServiceRecord, service: Service): Misplaced | null => {
  const declared = ports.map(({ port }) => port);
  const there = listeners.filter(({ port }) => declared.includes(port));
  const [first] = there;
  if (first === undefined) {
    const real = [...new Set(listeners.map(({ port }) => port))];
    return real.length === 0 ? null : { declared, real };
  }
  // Whether anybody can ask at its host is only known to matter where its own probe does.
  if (!provesPort(service) || there.some(({ address }) => answers(address, service.host))) return null;
  const real = [...new Set(there.map(({ port }) => port))];
  return { declared, real, at: { address: first.address.text, host: service.host } };
};

const isSpawn = ({ event }: Change): boolean => event.type === 'spawned';

const isRunning = (state: ServiceState): boolean =>
  (state.kind === 'starting' && state.phase === 'probing') || state.kind === 'ready' || state.kind === 'unhealthy';
