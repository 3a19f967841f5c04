import type { ServiceEvent } from '../../lib/domain/events.ts';
import type { ServiceName } from '../../lib/domain/service.ts';
import { type BootOptions, type BootResult, boot } from '../../lib/supervisor/boot.ts';
import { type Shutdown, shutDown } from '../../lib/supervisor/shutdown.ts';
import type { Rig } from './stacks.ts';

/** Boots the whole stack of a rig; nothing moves until the test lets time pass. */
export const startBoot = (
  { supervisor, runtime }: Rig,
  overrides: Partial<BootOptions> = {},
): { result: Promise<BootResult>; done: () => boolean } => {
  let isDone = false;
  const result = boot({
    supervisor,
    runtime,
    names: supervisor.graph.order,
    trigger: 'up',
    definitionHash: 'x',
    runId: 1,
    runUid: 'run-1',
    machine: 'linux-x64-2',
    failFast: false,
    interrupted: new AbortController().signal,
    ...overrides,
  }).then((value) => {
    isDone = true;
    return value;
  });
  return { result, done: () => isDone };
};

export const bootAll = async (rig: Rig, overrides: Partial<BootOptions> = {}): Promise<BootResult> => {
  const { result, done } = startBoot(rig, overrides);
  await rig.runtime.clock.runUntil(done);
  return result;
};

export const startStop = (
  { supervisor, runtime }: Rig,
  names: readonly ServiceName[] = supervisor.graph.order,
): Shutdown & { isDone: () => boolean } => {
  const shutdown = shutDown({ supervisor, runtime, names, project: null });
  let isDone = false;
  void shutdown.done.then(() => {
    isDone = true;
  });
  return { ...shutdown, isDone: () => isDone };
};

export const stopAll = async (rig: Rig): Promise<void> => {
  const { done, isDone } = startStop(rig);
  await rig.runtime.clock.runUntil(isDone);
  await done;
};

export const post = ({ supervisor }: Rig, name: ServiceName, event: ServiceEvent): void => supervisor.post({ name, event });

/** When each service was spawned, oldest attempt first. */
export const spawnsOf = ({ runtime }: Rig, name: ServiceName): number[] =>
  runtime.spawned.filter((process) => process.name === name).map(({ spawnedAt }) => spawnedAt);
