import { buildGraph } from '../../../domain/graph.ts';
import type { ServiceName, Stack } from '../../../domain/service.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { findOrphans } from '../../../runtime/processes/orphans.ts';
import { endLeftovers } from '../../../supervisor/leftovers.ts';
import type { StackControl } from '../../control.ts';
import { openOutside } from '../../open-outside.ts';
import type { Environment } from '../output.ts';

export type Reaped = { readonly service: ServiceName; readonly pid: number; readonly command: string; readonly isGone: boolean };

export type ReapOptions = {
  /** The project's folder. */
  readonly root: string;
  readonly env: Environment;
  readonly control: Pick<StackControl, 'snapshot'>;
  /** As its file has it: how each service is stopped, and what it needs. */
  readonly stack: () => Promise<Stack>;
};

/** Ends every process of the project that its supervisor knows nothing of, as a stop would. */
export const reapOrphans = async (project: string, options: ReapOptions): Promise<readonly Reaped[]> => {
  const { processes } = await openOutside(options.root, options.env);
  const marked = await processes.findMarked(project);
  const orphans = findOrphans(marked, (await options.control.snapshot()).services);
  if (orphans.length === 0) return [];
  const stack = await options.stack();
  const runtime = { processes, clock: systemClock };
  await endLeftovers({ stack, graph: buildGraph(stack.services), runtime, project, marked: orphans });
  return orphans.map(({ identity, marker, command }) => ({
    service: marker.service,
    pid: identity.pid,
    command,
    isGone: !processes.isAlive(identity),
  }));
};
