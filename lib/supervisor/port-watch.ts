import type { Change } from '../domain/events.ts';
import type { Ms, Service, ServiceName } from '../domain/service.ts';
import { isUp, type ServiceState } from '../domain/state.ts';
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

  const look = (name: ServiceName, attempt: number): void => {
    timers.delete(name);
    const record = supervisor.records.get(name);
    const tree = supervisor.treeOf(name);
    if (record === undefined || tree === null || record.attempt !== attempt || !isRunning(record.state)) return;
    const service = supervisor.stack.services.get(name);
    if (service === undefined || (isUp(record.state) && provesPort(service))) return;
    const declared = record.ports.map(({ port }) => port);
    const real = runtime.sockets.portsOf(tree);
    if (real.length === 0 || declared.some((port) => real.includes(port))) return;
    onProblem(name, `declares port ${declared.join(', ')}, but listens on ${real.join(', ')}; correct one of them`);
  };

  const unsubscribe = supervisor.subscribe((changes) => {
    for (const { name, after } of changes.filter(isSpawn)) {
      if (after.ports.length === 0) continue;
      const limit = supervisor.stack.services.get(name)?.healthTimeout ?? lookAfter;
      timers.get(name)?.cancel();
      timers.set(
        name,
        runtime.clock.setTimer(Math.min(lookAfter, limit * 0.8), () => look(name, after.attempt)),
      );
    }
  });

  return () => {
    unsubscribe();
    for (const timer of timers.values()) timer.cancel();
  };
};

/** Its probe has connected to the port and found the listener to be its own. */
const provesPort = ({ ready }: Service): boolean => ready?.check.kind === 'tcp' || ready?.check.kind === 'http';

const isSpawn = ({ event }: Change): boolean => event.type === 'spawned';

const isRunning = (state: ServiceState): boolean =>
  (state.kind === 'starting' && state.phase === 'probing') || state.kind === 'ready' || state.kind === 'unhealthy';
