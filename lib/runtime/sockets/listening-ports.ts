import { type Listener, readListeners } from './listen-table.ts';
import { readSocketCounts, type SocketCounts } from './socket-counts.ts';

type Family = 4 | 6;

export type ListeningPortsOptions = {
  readonly readCounts: () => SocketCounts | null;
  readonly readListeners: (family: Family) => Iterable<Pick<Listener, 'port'>>;
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
 * Every port that is listened on, on any address. The end of the listeners in a table is found only by walking the kernel's whole
 * hash of connections, which takes milliseconds on a machine with much memory. But the kernel counts its sockets: while the number
 * of those that are no connection is the same, there is no new listener; and when as many listeners were read, they were all.
 */
export const createListeningPorts = (options: Partial<ListeningPortsOptions> = {}): (() => ReadonlySet<number>) => {
  const { readCounts = readSocketCounts, now = () => performance.now() } = options;
  const tables = options.readListeners ?? readListeners;
  let ports: ReadonlySet<number> = new Set();
  let last: Reading = nothingRead;
  let [readAt, cost] = [Number.NEGATIVE_INFINITY, 0];
  /** There cannot be more listeners than sockets; where the kernel says so, it counts something else. */
  let isTrusted = true;

  return () => {
    const begun = now();
    // Counted before it is read: what is opened in between is in the count of the next look, and that differs.
    const counts = isTrusted ? readCounts() : null;
    const isClear = last.four.length + last.six.length === last.counts?.idle;
    const isYoung = begun - readAt < (isClear ? Math.max(oldest, cost * share) : Math.max(unclear.oldest, cost * unclear.share));
    if (counts !== null && counts.idle === last.counts?.idle && isYoung) return ports;
    last = readTables(tables, counts, last);
    readAt = now();
    cost = readAt - begun;
    if (counts !== null && last.four.length + last.six.length > counts.idle) isTrusted = false;
    ports = new Set([...last.four, ...last.six]);
    return ports;
  };
};

/** The ports of the listeners, as they stood in the tables. */
type Reading = { readonly counts: SocketCounts | null; readonly four: readonly number[]; readonly six: readonly number[] };

const nothingRead: Reading = { counts: null, four: [], six: [] };

/** As many as there were before cost nothing; then on in the family that grew, until they are all. The first time to the very end. */
const readTables = (tables: ListeningPortsOptions['readListeners'], counts: SocketCounts | null, before: Reading): Reading => {
  const most = counts === null || before.counts === null ? Number.POSITIVE_INFINITY : counts.idle;
  const found = { 4: [] as number[], 6: [] as number[] };
  const open = { 4: tables(4)[Symbol.iterator](), 6: tables(6)[Symbol.iterator]() };
  const read = (family: Family, upTo: number): void => {
    while (found[family].length < upTo && found[4].length + found[6].length < most) {
      const next = open[family].next();
      if (next.done === true) return;
      found[family].push(next.value.port);
    }
  };
  const grown = (family: 'four' | 'six'): number => (counts?.[family] ?? 0) - (before.counts?.[family] ?? 0);
  read(4, before.four.length);
  read(6, before.six.length);
  for (const family of grown('six') > grown('four') ? ([6, 4] as const) : ([4, 6] as const))
    read(family, Number.POSITIVE_INFINITY);
  for (const family of [4, 6] as const) open[family].return?.();
  return { counts, four: found[4], six: found[6] };
};
