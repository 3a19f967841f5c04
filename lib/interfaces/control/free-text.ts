/** Fields that hold what people wrote, or services printed; the others are names, numbers and words of ours. */
const freeText: ReadonlySet<string> = new Set([
  'because',
  'byHand',
  'cause',
  'command',
  'cwd',
  'detail',
  'lastProbe',
  'lines',
  'logCommand',
  'logLines',
  'message',
  'notes',
  'problem',
  'reason',
  'refused',
  'said',
  'text',
]);

/**
 * Plain data with every free text in it as `toShown` makes it, however deep. A name stays as it is, also where somebody's password
 * is the same word.
 */
export const mapFreeText = <Data>(data: Data, toShown: (text: string) => string): Data =>
  // What comes out has the fields that went in, and a text for every text.
  clean(data, toShown, false) as Data;

const clean = (value: unknown, toShown: (text: string) => string, isFree: boolean): unknown => {
  if (typeof value === 'string') return isFree ? toShown(value) : value;
  if (Array.isArray(value)) return value.map((item) => clean(item, toShown, isFree));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, clean(item, toShown, freeText.has(key))]));
};
