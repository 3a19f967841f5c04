import { toSafeText } from '../../util/terminal-text.ts';
import type { Mask } from '../cli/attach/mask.ts';

/** Fields that hold what people wrote, or services printed; the others are names, numbers and words of ours. */
const freeText: ReadonlySet<string> = new Set([
  'because',
  'cause',
  'command',
  'detail',
  'lastProbe',
  'lines',
  'logLines',
  'message',
  'notes',
  'reason',
  'said',
  'text',
]);

/**
 * As it may be shown: known secret values are taken out of every free text, however deep, and control sequences of terminals
 * other than colours. A name stays as it is, also where somebody's password is the same word.
 */
export const withoutSecrets = (value: unknown, mask: Mask): unknown =>
  clean(value, (text) => mask(toSafeText(text, { colours: true })), false);

const clean = (value: unknown, toShown: Mask, isFree: boolean): unknown => {
  if (typeof value === 'string') return isFree ? toShown(value) : value;
  if (Array.isArray(value)) return value.map((item) => clean(item, toShown, isFree));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, clean(item, toShown, freeText.has(key))]));
};
