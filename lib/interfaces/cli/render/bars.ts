import { quantile, toSorted } from '../../../util/quantile.ts';

const steps = { unicode: ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'], ascii: ['_', '.', '-', ':', '=', '+', '*', '#'] } as const;

/**
 * One letter a value, as high as the value is large, from zero on, so that twice the height is twice as long. What is beyond three
 * times the median is as high as that: one absurd value must not flatten all others.
 */
export const toBars = (values: readonly number[], unicode: boolean): string[] => {
  const letters = unicode ? steps.unicode : steps.ascii;
  const middle = quantile(toSorted(values), 0.5) ?? 0;
  const top = Math.min(Math.max(...values), middle * 3);
  return values.map((value) => {
    const share = top <= 0 ? 0 : Math.min(1, value / top);
    return letters[Math.min(letters.length - 1, Math.floor(share * letters.length))] ?? '';
  });
};
