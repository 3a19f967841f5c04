/**
 * One line of JSON without the fields that are null, and with numbers to one decimal: for times in milliseconds that is finer
 * than anything that is shown, and ten times finer than a timer.
 */
export const toCompactJson = (value: unknown): string => JSON.stringify(value, compact);

const compact = (_key: string, value: unknown): unknown => {
  if (value === null) return undefined;
  return typeof value === 'number' ? Math.round(value * 10) / 10 : value;
};
