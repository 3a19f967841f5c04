import type { ServiceGraph } from '../domain/graph.ts';
import type { ProcessIdentity } from '../domain/process.ts';
import type { RecordedService } from '../domain/recorded.ts';
import { type Resumption, resume } from '../domain/resume.ts';
import type { ServiceName, Stack } from '../domain/service.ts';
import { killPatience } from '../runtime/processes/end-politely.ts';
import { untilDone } from '../runtime/until-done.ts';
import { endLeftovers, type Leftovers } from './leftovers.ts';
import type { Runtime } from './runtime.ts';
import type { SessionNotices } from './session-types.ts';

export type SurvivalOptions = {
  readonly stack: Stack;
  readonly graph: ServiceGraph;
  readonly runtime: Pick<Runtime, 'processes' | 'clock'>;
  readonly project: string;
  /** Told before and after something is ended. */
  readonly notices?: Pick<SessionNotices, 'onOrphans' | 'onOrphansEnded'>;
  /** Of whoever was killed; empty: nothing is taken over. */
  readonly recorded: Readonly<Record<ServiceName, RecordedService>>;
  /** Told before anything is touched. */
  readonly onDecided?: (resumption: Resumption) => void;
};

/** What was found of an earlier supervisor, and what became of it. */
export type Survival = Leftovers & {
  /** Who was killed; null: nobody was in charge, or whoever was ended in order. */
  readonly predecessor: ProcessIdentity | null;
  readonly adopted: readonly ServiceName[];
  readonly stopping: readonly ServiceName[];
  readonly unseen: readonly ServiceName[];
};

/** Decides what of an earlier supervisor goes on, and ends all the rest of it. */
export const sortOutSurvivors = async (
  options: SurvivalOptions,
): Promise<{ readonly resumption: Resumption; readonly leftovers: Leftovers }> => {
  const { stack, graph, runtime, project } = options;
  const marked = await untilDone(() => runtime.processes.findMarked(project), { clock: runtime.clock, limit: killPatience });
  const resumption = resume({
    services: stack.services,
    order: graph.order,
    recorded: options.recorded,
    // A hook is never what the service is; one of a service that goes on belongs to it, as its workers do.
    found: marked.flatMap(({ identity, marker, leads }) =>
      marker.hook === undefined ? [{ identity, leads, service: marker.service, attempt: marker.attempt }] : [],
    ),
    now: runtime.clock.now(),
    wall: runtime.clock.wall(),
  });
  options.onDecided?.(resumption);
  const isOurs = (service: ServiceName, attempt: number): boolean => {
    const adoption = resumption.adoptions.get(service);
    // A worker of what goes on carries the marker of its attempt, and belongs to it.
    return adoption?.number === attempt && (adoption.as.kind === 'running' || adoption.as.kind === 'stopping');
  };
  const left = marked.filter(({ marker }) => !isOurs(marker.service, marker.attempt));
  if (left.length > 0) options.notices?.onOrphans?.(left);
  const leftovers = await endLeftovers({ stack, graph, runtime, project, marked: left });
  if (left.length > 0) options.notices?.onOrphansEnded?.(left);
  return { resumption, leftovers };
};
