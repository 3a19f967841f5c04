import type { Listener } from './listen-table.ts';
import { readSocketCounts, type SocketCounts } from './socket-counts.ts';

type Family = 4 | 6;
type Sight = Pick<Listener, 'port' | 'inode'>;

export type ListeningPortsOptions<Seen extends Sight = Listener> = {
  readonly readCounts: () => SocketCounts | null;
  readonly readListeners: (family: Family) => Iterable<Seen>;
  /** Called for each listener that was not there the last time. */
  readonly onNew: (listener: Seen) => void;
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
};

/** Milliseconds after which the tables are read in any case: what was closed while something else was opened changes no count. */
const oldest = 20;
/** Where that is dear, it takes at most one part in so many of the time. */
const share = 50;
/**
 * The same when there were sockets that are neither listener nor connection: one on its way up or down (a probe's own) may be gone by
 * the next look and a listener have come for it, with the same count.
 */
const unclear = { oldest: 3, share: 8 } as const;

/**
 * Every port that is listened on, on any address. The end of the listeners in a table, and even the last of them, is found only by
 * walking the kernel's whole hash of connections, which takes milliseconds on a machine with much memory. But the kernel counts its
 * sockets: while the number of those that are no connection is the same, there is no new listener; where it grew by one, the first
 * that was not known is all that came, and seldom the last in the table; and when as many listeners were read, they were all.
 */
export const createListeningPorts = <Seen extends Sight = Listener>(
  options: Pick<ListeningPortsOptions<Seen>, 'readListeners'> & Partial<ListeningPortsOptions<Seen>>,
): (() => ReadonlySet<number>) => {
  const { readCounts = readSocketCounts, now = () => performance.now(), onNew = () => undefined } = options;
  const tables = options.readListeners;
  let ports: ReadonlySet<number> = new Set();
  let last: Reading<Seen> = { counts: null, 4: new Map(), 6: new Map() };
  /** Of the last that was whole: one that stops at what came tells nothing of what has gone. */
  let [wholeAt, cost] = [Number.NEGATIVE_INFINITY, 0];
  /** There cannot be more listeners than sockets; where the kernel says so, it counts something else. */
  let isTrusted = true;

  const readWhole = (counts: SocketCounts | null, begun: number): Reading<Seen> => {
    const reading = readAll(tables, counts, last);
    wholeAt = now();
    cost = wholeAt - begun;
    if (counts !== null && countOf(reading) > counts.idle) isTrusted = false;
    return reading;
  };

  return () => {
    const begun = now();
    // Counted before it is read: what is opened in between is in the count of the next look, and that differs.
    const counts = isTrusted ? readCounts() : null;
    const others = (last.counts?.idle ?? 0) - countOf(last);
    const mostAge = others === 0 ? Math.max(oldest, cost * share) : Math.max(unclear.oldest, cost * unclear.share);
    const grown = (counts?.idle ?? 0) - (last.counts?.idle ?? 0);
    const isKnown = counts !== null && last.counts !== null && begun - wholeAt < mostAge;
    // Fewer, and no more of them than there were others: those, rather than a listener.
    if (isKnown && grown <= 0 && grown >= -Math.max(0, others)) {
      last = { ...last, counts };
      return ports;
    }
    const before = last;
    last = isKnown && grown > 0 ? readGrown(tables, counts, last) : readWhole(counts, begun);
    for (const family of families) for (const [inode, listener] of last[family]) if (!before[family].has(inode)) onNew(listener);
    ports = new Set(families.flatMap((family) => [...last[family].values()].map(({ port }) => port)));
    return ports;
  };
};

const families = [4, 6] as const;

/** The listeners of each family by inode, as they stood in the tables. */
type Reading<Seen> = {
  readonly counts: SocketCounts | null;
  readonly 4: ReadonlyMap<string, Seen>;
  readonly 6: ReadonlyMap<string, Seen>;
};
type Tables<Seen> = (family: Family) => Iterable<Seen>;

const countOf = (reading: Reading<unknown>): number => reading[4].size + reading[6].size;

const grewBy = (family: Family, counts: SocketCounts | null, before: Reading<unknown>): number => {
  const name = family === 4 ? 'four' : 'six';
  return (counts?.[name] ?? 0) - (before.counts?.[name] ?? 0);
};

/** In the family that grew more, then in the other if that one's growth does not explain it: what was not there before, until it is as many as came. */
const readGrown = <Seen extends Sight>(tables: Tables<Seen>, counts: SocketCounts, before: Reading<Seen>): Reading<Seen> => {
  const found = { 4: new Map(before[4]), 6: new Map(before[6]) };
  const came = counts.idle - (before.counts?.idle ?? 0);
  let wanted = came;
  const order = [...families].sort((a, b) => grewBy(b, counts, before) - grewBy(a, counts, before));
  const isExplained = order.some((family) => grewBy(family, counts, before) >= came);
  for (const [at, family] of order.entries()) {
    // Where a connection ended besides, none may have grown by as much.
    if (wanted === 0 || (at > 0 && isExplained && grewBy(family, counts, before) <= 0)) break;
    const met = new Map<string, Seen>();
    for (const listener of tables(family)) {
      met.set(listener.inode, listener);
      if (before[family].has(listener.inode)) continue;
      found[family].set(listener.inode, listener);
      wanted -= 1;
      if (wanted === 0) break;
    }
    // Read to its end: those that were not met are gone.
    if (wanted > 0) found[family] = met;
  }
  return { counts, ...found };
};

/** As many as there were before cost nothing; then on in the family that grew, until they are all. The first time to the very end. */
const readAll = <Seen extends Sight>(tables: Tables<Seen>, counts: SocketCounts | null, before: Reading<Seen>): Reading<Seen> => {
  const known = before.counts === null ? null : counts;
  const most = known?.idle ?? Number.POSITIVE_INFINITY;
  const mostOf = { 4: known?.four ?? Number.POSITIVE_INFINITY, 6: known?.six ?? Number.POSITIVE_INFINITY };
  const found = { 4: new Map<string, Seen>(), 6: new Map<string, Seen>() };
  const open = { 4: tables(4)[Symbol.iterator](), 6: tables(6)[Symbol.iterator]() };
  const read = (family: Family, upTo: number): void => {
    while (found[family].size < Math.min(upTo, mostOf[family]) && countOf({ counts, ...found }) < most) {
      const next = open[family].next();
      if (next.done === true) return;
      found[family].set(next.value.inode, next.value);
    }
  };
  for (const family of families) read(family, before[family].size);
  for (const family of grewBy(6, counts, before) > grewBy(4, counts, before) ? ([6, 4] as const) : families)
    read(family, Number.POSITIVE_INFINITY);
  for (const family of families) open[family].return?.();
  return { counts, ...found };
};
