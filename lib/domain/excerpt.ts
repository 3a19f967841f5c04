/** What a service said last is shown in this many lines: as many as the report of a failure has room for. */
export const excerptLength = 9;

/** This many lines more are read: a stack trace is longer than an excerpt. */
const reach = 50;

/** How far above its stack trace an error may begin: its message can have several lines. */
const messageReach = 12;

/** Of which `toExcerpt` makes `length` lines. */
export const linesForExcerpt = (length: number): number => length + reach;

/**
 * Of the lines that were read, oldest first: the last `length`; more, where a stack trace has pushed its own message out of those,
 * which then is the first. All are as they were printed, and none between them is left out.
 */
export const toLastLines = (lines: readonly string[], length: number): readonly string[] =>
  lines.slice(findTrace(lines, length)?.message ?? Math.max(0, lines.length - length));

/**
 * What tells most, to be shown: the last `length` lines; but where a stack trace has pushed its own message out of them, that, and
 * what was printed behind the trace. `…` stands for what is left out.
 */
export const toExcerpt = (lines: readonly string[], length: number): readonly string[] => {
  const trace = findTrace(lines, length);
  if (trace === null) return lines.slice(Math.max(0, lines.length - length));
  const behind = lines.slice(trace.end);
  // The trailer of a crash says less than its trace does.
  const last = isTrailer(behind) ? [] : behind;
  return [...lines.slice(trace.message, trace.message + length - 1 - last.length), leftOut, ...last];
};

const leftOut = '…';

/** The one line that tells most: the last that says anything; of a program that ended with a stack trace, its message. Null: there is none. */
export const toTellingLine = (lines: readonly string[]): string | null => {
  const last = lines.findLastIndex(isFrame);
  const isTrace = last >= 0 && isTrailer(lines.slice(last + 1));
  const above = isTrace ? lines.slice(0, firstFrame(lines, last)) : lines;
  const message = isTrace ? above.slice(-messageReach).findLast((line) => error.test(line)) : undefined;
  return message ?? above.findLast((line) => line.trim() !== '') ?? null;
};

type Trace = {
  /** Where its message begins. */
  readonly message: number;
  /** Behind its last frame. */
  readonly end: number;
};

/**
 * The last stack trace that reaches into the last `length` lines, and whose message does not. Null: there is none, or there is no
 * room for its message beside what follows it: that is what its service said last.
 */
const findTrace = (lines: readonly string[], length: number): Trace | null => {
  const start = lines.length - length;
  const last = lines.findLastIndex(isFrame);
  if (last < Math.max(0, start)) return null;
  const behind = lines.slice(last + 1);
  if (length < (isTrailer(behind) ? 2 : behind.length + 2)) return null;
  const first = firstFrame(lines, last);
  const above = lines.slice(Math.max(0, first - messageReach), first);
  const named = above.findLastIndex((line) => error.test(line));
  const message = named < 0 ? first - 1 : first - above.length + named;
  return message >= 0 && message < start ? { message, end: last + 1 } : null;
};

const firstFrame = (lines: readonly string[], last: number): number => {
  let first = last;
  while (first > 0 && isFrame(lines[first - 1] ?? '')) first -= 1;
  return first;
};

/** Of Node, Java and .NET (`at …`), and of Ruby (`from …:12:in`). Python's message is its last line. */
export const isFrame = (line: string): boolean => /^\s+(?:at \S|from \S+:\d+:in )|^\s+\.\.\. \d+ more$/.test(line);

/** What Node prints behind the trace that it ends with: the rest of the fields of the error, and its own version. */
const isTrailer = (lines: readonly string[]): boolean => {
  const close = lines.findIndex((line) => /^[\])}]+$/.test(line));
  const hasFields = close >= 0 && lines.slice(0, close).every((line) => /^\s/.test(line));
  return lines.slice(hasFields ? close + 1 : 0).every((line) => line.trim() === '' || /^Node\.js v\d/.test(line));
};

const error = /(?:Error|Exception)\b/;
