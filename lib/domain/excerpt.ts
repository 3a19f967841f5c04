/** What a service said last is shown in this many lines: as many as the report of a failure has room for. */
export const excerptLength = 9;

/** This many lines more are read: a stack trace is longer than an excerpt. */
const reach = 50;

/** How far above its stack trace an error may begin: its message can have several lines. */
const messageReach = 12;

/** Of which `toExcerpt` makes `length` lines. */
export const linesForExcerpt = (length: number): number => length + reach;

/**
 * The lines, oldest first, that tell most: the last ones; but where a stack trace has pushed its own message out of them,
 * those from the message on, with `…` for what follows.
 */
export const toExcerpt = (lines: readonly string[], length: number): readonly string[] => {
  if (lines.length <= length) return lines;
  const message = findMessage(lines, lines.length - length);
  return message === null ? lines.slice(-length) : [...lines.slice(message, message + length - 1), '…'];
};

/** Where the message begins of the stack trace that reaches into the lines from `start` on; null: it is among them, or there is none. */
const findMessage = (lines: readonly string[], start: number): number | null => {
  const last = lines.findLastIndex(isFrame);
  if (last < start) return null;
  let first = last;
  while (first > 0 && isFrame(lines[first - 1] ?? '')) first -= 1;
  const above = lines.slice(Math.max(0, first - messageReach), first);
  const named = above.findLastIndex((line) => error.test(line));
  const message = named < 0 ? first - 1 : first - above.length + named;
  return message >= 0 && message < start ? message : null;
};

/** Of Node, Java and .NET (`at …`), and of Ruby (`from …:12:in`). Python's message is its last line. */
const isFrame = (line: string): boolean => /^\s+(?:at \S|from \S+:\d+:in )|^\s+\.\.\. \d+ more$/.test(line);

const error = /(?:Error|Exception)\b/;
