import type { ServiceName } from '../domain/service.ts';
import { isLive } from '../domain/state.ts';
import type { TreeUsage } from '../runtime/usage.ts';
import type { Runtime } from './runtime.ts';
import type { Supervisor } from './supervisor.ts';

/** What the process tree of each service that runs uses. */
export const readUsage = async (
  { records, treeOf }: Pick<Supervisor, 'records' | 'treeOf'>,
  runtime: Pick<Runtime, 'readUsage'>,
): Promise<ReadonlyMap<ServiceName, TreeUsage>> => {
  const running = [...records].flatMap(([name, { state }]) => {
    const tree = isLive(state) ? treeOf(name) : null;
    return tree === null ? [] : [{ name, tree }];
  });
  const usages = await runtime.readUsage(running.map(({ tree }) => tree));
  return new Map(
    running.flatMap(({ name }, index) => {
      const usage = usages[index];
      return usage === undefined ? [] : [[name, usage] as const];
    }),
  );
};
