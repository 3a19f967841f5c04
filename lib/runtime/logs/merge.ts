import type { TimedLines } from './timed-lines.ts';

export type Batches = AsyncIterable<TimedLines> | Iterable<TimedLines>;

/** Lines of one of several sources. */
export type Merged<Source> = { readonly source: Source; readonly lines: TimedLines };

type Head<Source> = {
  readonly source: Source;
  readonly rank: number;
  readonly lines: TimedLines;
  readonly rest: AsyncIterator<TimedLines> | Iterator<TimedLines>;
};

const iteratorOf = (batches: Batches): AsyncIterator<TimedLines> | Iterator<TimedLines> =>
  Symbol.asyncIterator in batches ? batches[Symbol.asyncIterator]() : batches[Symbol.iterator]();

const isBefore = <Source>(a: Head<Source>, b: Head<Source>): boolean =>
  a.lines.order < b.lines.order || (a.lines.order === b.lines.order && a.rank < b.rank);

/** Where it belongs among heads that are in order. */
const findIndex = <Source>(heads: readonly Head<Source>[], head: Head<Source>): number => {
  let [low, high] = [0, heads.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = heads[middle];
    if (other !== undefined && isBefore(other, head)) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** Several logs as one, by time. Of lines that came at the same time, those of the source that was given first stand first. */
export const mergeByTime = async function* <Source>(
  logs: readonly (readonly [source: Source, batches: Batches])[],
): AsyncGenerator<Merged<Source>> {
  const heads: Head<Source>[] = [];
  const put = (head: Head<Source>): void => void heads.splice(findIndex(heads, head), 0, head);
  for (const [rank, [source, batches]] of logs.entries()) {
    const rest = iteratorOf(batches);
    const first = await rest.next();
    if (first.done !== true) put({ source, rank, rest, lines: first.value });
  }
  for (let head = heads.shift(); head !== undefined; head = heads.shift()) {
    yield { source: head.source, lines: head.lines };
    const next = await head.rest.next();
    if (next.done !== true) put({ ...head, lines: next.value });
  }
};

/** The last `count` lines of all of these logs together, by time; each log without what came before them. */
export const keepLast = async <Source>(
  logs: readonly (readonly [Source, readonly TimedLines[]])[],
  count: number,
): Promise<[Source, readonly TimedLines[]][]> => {
  const merged: Merged<Source>[] = [];
  for await (const each of mergeByTime(logs)) merged.push(each);
  const kept = new Map<Source, TimedLines[]>(logs.map(([source]) => [source, []]));
  let left = count;
  for (let index = merged.length - 1; index >= 0 && left > 0; index -= 1) {
    const each = merged[index];
    if (each === undefined) break;
    const texts = each.lines.texts.slice(-left);
    left -= texts.length;
    kept.get(each.source)?.push({ ...each.lines, texts });
  }
  return [...kept].map(([source, batches]) => [source, batches.reverse()]);
};
