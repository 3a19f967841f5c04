import type { Service, ServiceName, Stack } from '../domain/service.ts';
import type { ServiceRecord } from '../domain/state.ts';
import type { Runtime } from './runtime.ts';

export type StaleOptions = {
  readonly stack: Stack;
  readonly records: ReadonlyMap<ServiceName, ServiceRecord>;
  /** Fingerprints of the inputs at the last success. */
  readonly done: ReadonlyMap<ServiceName, string>;
  readonly runtime: Pick<Runtime, 'fingerprintInputs'>;
  readonly among: Iterable<ServiceName>;
};

/** Tasks that have done their work in this run, on inputs that are others by now: a boot would run them again. */
export const findStaleTasks = async ({ stack, records, done, runtime, among }: StaleOptions): Promise<readonly ServiceName[]> => {
  const isStale = async ({ name, cwd, inputs, definitionHash }: Service): Promise<boolean> => {
    const before = done.get(name);
    if (inputs === null || before === undefined || records.get(name)?.state.kind !== 'completed') return false;
    // One whose inputs cannot be read is run: its attempt then fails, and says why.
    const now = await runtime.fingerprintInputs({ cwd, globs: inputs, definitionHash }).catch(() => null);
    return now !== before;
  };
  const services = [...among].flatMap((name) => stack.services.get(name) ?? []);
  const found = await Promise.all(services.map(async (service) => ((await isStale(service)) ? [service.name] : [])));
  return found.flat();
};
