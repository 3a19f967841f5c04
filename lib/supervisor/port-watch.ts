import type { Change } from '../domain/events.ts';
import { type Ms, provesPort, type ServiceName } from '../domain/service.ts';
import { isUp, type ServiceRecord, type ServiceState } from '../domain/state.ts';
import { describeMisplaced } from '../domain/words.ts';
import type { Timer } from '../runtime/clock.ts';
import type { Runtime } from './runtime.ts';
import type { Supervisor } from './supervisor.ts';

export type PortWatchOptions = {
  readonly supervisor: Supervisor;
  readonly runtime: Pick<Runtime, 'clock' | 'sockets'>;
  readonly onProblem: (name: ServiceName, problem: string) => void;
};

/** How long a service may take to listen before it is asked where it listens instead; less where its own limit is close. */
const lookAfter: Ms = 2_000;

/** Tells of services that listen on other ports than they declare: their probes, and everybody who asks them, wait in vain. */
export const watchPorts = ({ supervisor, runtime, onProblem }: PortWatchOptions): (() => void) => {
  const timers = new Map<ServiceName, Timer>();

  /** Its record, as long as there is something to find out. */
  const doubtful = (name: ServiceName, attempt: number): ServiceRecord | null => {
    const [record, service] = [supervisor.records.get(name), supervisor.stack.services.get(name)];
    if (record === undefined || record.attempt !== attempt || !isRunning(record.state) || service === undefined) return null;
    return isUp(record.state) && provesPort(service) ? null : record;
  };

  const look = async (name: ServiceName, attempt: number): Promise<void> => {
    timers.delete(name);
    const tree = supervisor.treeOf(name);
    if (tree === null || doubtful(name, attempt) === null) return;
    const real = await runtime.sockets.portsOf(tree);
    // It may have got ready, or ended, meanwhile.
    const declared = doubtful(name, attempt)?.ports.map(({ port }) => port);
    if (declared === undefined || real.length === 0 || declared.some((port) => real.includes(port))) return;
    const misplaced = { declared, real };
    supervisor.post({ name, event: { type: 'foundMisplaced', attempt, misplaced } });
    onProblem(name, `${describeMisplaced(misplaced)}; correct one of them`);
  };

  const unsubscribe = supervisor.subscribe((changes) => {
    for (const { name, after } of changes.filter(isSpawn)) {
      if (after.ports.length === 0) continue;
      const limit = supervisor.stack.services.get(name)?.healthTimeout ?? lookAfter;
      timers.get(name)?.cancel();
      timers.set(
        name,
        runtime.clock.setTimer(Math.min(lookAfter, limit * 0.8), () => void look(name, after.attempt)),
      );
    }
  });

  return () => {
    unsubscribe();
    for (const timer of timers.values()) timer.cancel();
  };
};

const isSpawn = ({ event }: Change): boolean => event.type === 'spawned';

const isRunning = (state: ServiceState): boolean =>
  (state.kind === 'starting' && state.phase === 'probing') || state.kind === 'ready' || state.kind === 'unhealthy';
