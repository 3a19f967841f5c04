export type MachineFacts = {
  readonly platform: string;
  readonly arch: string;
  /** That a process of ours may use at once. */
  readonly cores: number;
  /** The variable `CI`, which all the usual runners set. */
  readonly ci: string | undefined;
};

/**
 * What kind of machine a run was on: `linux-x64-8`, `linux-x64-4-ci`. Times of one kind say something about each other; those of a
 * runner with two cores say little about a laptop. It is no finer than that (no model, no name), because runners come from a
 * pool and would each know nothing of the others; and it is text, not a digest, so that people can read what is compared.
 */
export const toMachineClass = ({ platform, arch, cores, ci }: MachineFacts): string => {
  const isRunner = ci !== undefined && ci !== '' && ci !== '0' && ci.toLowerCase() !== 'false';
  return `${platform}-${arch}-${cores}${isRunner ? '-ci' : ''}`;
};

/** How many cores a machine of this class has for us. Null: it does not say. */
export const coresOf = (machineClass: string): number | null => {
  const cores = Number(/-(\d{1,5})(?:-ci)?$/.exec(machineClass)?.[1] ?? 0);
  return cores > 0 ? cores : null;
};
