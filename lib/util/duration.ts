/** Either the value, or what is wrong with the text and how to write it. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: string; readonly hint: string };

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A timer takes 2^31 - 1 ms at most and fires at once above that, so anything longer is refused: 24 days. */
const longestDuration: number = 24 * 86_400_000;

/** `500ms`, `2s`, `1.5s`, `1m30s`, `2h`, `1d` in milliseconds. Only zero may come without a unit. */
export const parseDuration = (text: string): Parsed<number> => {
  const trimmed = text.trim();
  if (/^0+$/.test(trimmed)) return { ok: true, value: 0 };
  if (/^\d+(\.\d+)?$/.test(trimmed)) {
    return { ok: false, problem: `duration "${trimmed}" has no unit`, hint: `write ${trimmed}s or ${trimmed}ms` };
  }
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(trimmed)) {
    return { ok: false, problem: `cannot read duration "${text}"`, hint: 'write for example 500ms, 2s or 1m30s' };
  }
  let total = 0;
  for (const [, amount, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g))
    total += Number(amount) * (units[unit ?? ''] ?? 0);
  const value = Math.round(total);
  if (value > longestDuration)
    return { ok: false, problem: `duration "${trimmed}" is above the limit of 24 days`, hint: 'write 24d or less' };
  return { ok: true, value };
};

/** The shortest exact spelling: `90000` is `1m30s`, `1500` is `1500ms`. The inverse of `parseDuration`. */
export const formatDuration = (ms: number): string => {
  if (ms % 1000 !== 0) return `${ms}ms`;
  if (ms === 0) return '0s';
  let rest = ms;
  let text = '';
  for (const unit of ['d', 'h', 'm', 's']) {
    const size = units[unit] ?? 1;
    const amount = Math.floor(rest / size);
    if (amount > 0) text += `${amount}${unit}`;
    rest -= amount * size;
  }
  return text;
};
