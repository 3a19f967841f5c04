/** A copy in ascending order. */
export const toSorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

/**
 * The value below which the share `p` (0 to 1) of the values lies, linear between neighbours (type 7 of Hyndman and Fan, the
 * default of R and NumPy). The values must be ascending. Null without values.
 */
export const quantile = (ascending: readonly number[], p: number): number | null => {
  const place = Math.min(Math.max(p, 0), 1) * (ascending.length - 1);
  const below = ascending[Math.floor(place)];
  const above = ascending[Math.ceil(place)];
  if (below === undefined || above === undefined) return null;
  return below + (above - below) * (place - Math.floor(place));
};

export const median = (values: readonly number[]): number | null => quantile(toSorted(values), 0.5);

/**
 * How far the values lie from their median, as a standard deviation would say it of a normal distribution (1.4826 × the median
 * absolute deviation). Half of the values can be absurd without moving it far. Null without values.
 */
export const robustDeviation = (values: readonly number[]): number | null => {
  const middle = median(values);
  if (middle === null) return null;
  const deviation = median(values.map((value) => Math.abs(value - middle)));
  return deviation === null ? null : 1.4826 * deviation;
};
