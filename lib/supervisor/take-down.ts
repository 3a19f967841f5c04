import type { Adoption } from '../domain/events.ts';
import type { History } from '../domain/history.ts';
import type { RecordedService } from '../domain/recorded.ts';
import type { ServiceName, Stack } from '../domain/service.ts';
import type { Input } from '../domain/world.ts';
import type { Shutdown } from './shutdown.ts';
import type { Supervisor } from './supervisor.ts';
import type { Survival } from './survival.ts';

/** What a killed supervisor had left, on its way down. */
export type TakeDown = {
  readonly survival: Survival;
  /** Null: there is nothing to stop. */
  readonly shutdown: Shutdown | null;
};

/**
 * As if each service had been started by what the file says now: to be stopped it is taken over all the same, and what the file
 * says is the only stop command and the only hooks that there are.
 */
export const asDefinedNow = (
  recorded: Readonly<Record<ServiceName, RecordedService>>,
  { services }: Pick<Stack, 'services'>,
): Readonly<Record<ServiceName, RecordedService>> =>
  Object.fromEntries(
    Object.entries(recorded).map(([name, record]) => [
      name,
      { ...record, definitionHash: services.get(name)?.definitionHash ?? record.definitionHash },
    ]),
  );

/** Takes over what runs, to be stopped and for nothing else: what has died meanwhile is not brought back. Those that need others first. */
export const adoptToStop = (
  supervisor: Pick<Supervisor, 'graph' | 'post'>,
  adoptions: ReadonlyMap<ServiceName, Adoption>,
): readonly ServiceName[] => {
  const inputs = supervisor.graph.order.toReversed().flatMap((name): Input[] => {
    const adoption = adoptions.get(name);
    const runs = adoption?.as.kind === 'running' || adoption?.as.kind === 'stopping';
    return adoption !== undefined && runs ? [{ name, event: { type: 'adopted', adoption } }] : [];
  });
  supervisor.post(...inputs);
  return inputs.map(({ name }) => name);
};

/** The last boot came up, and nobody has seen its end: whoever was in charge of it was killed. */
export const wasLeftUp = ({ runs }: History): boolean => {
  // A start by hand belongs to the boot before it, and tells nothing of the stack.
  const last = runs.findLast(({ trigger }) => trigger !== 'start');
  return last !== undefined && last.stop === null && (last.outcome === 'up' || last.outcome === 'degraded');
};
