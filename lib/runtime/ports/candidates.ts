const highestPort = 65_535;

/** How far beyond the wanted port `next` looks where the file gives no range. */
const reach = 100;

/**
 * In which order `next` tries ports: the wanted one, then those after it, then, within a range of the file, those before it.
 */
export const portCandidates = (wanted: number, range: readonly [number, number] | null): readonly number[] => {
  const [first, last] = range ?? [wanted, Math.min(wanted + reach, highestPort)];
  const all = Array.from({ length: Math.max(last - first + 1, 0) }, (_, at) => first + at);
  return [wanted, ...all.filter((port) => port > wanted), ...all.filter((port) => port < wanted)];
};
