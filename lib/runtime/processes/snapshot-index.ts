import type { Marker } from '../../domain/process.ts';
import type { ProcessRow, Snapshot } from './table.ts';

/** The rows of one list of processes, found by what members have in common. */
export type SnapshotIndex = {
  childrenOf(pid: number): readonly ProcessRow[];
  inGroup(group: number): readonly ProcessRow[];
  /** Of any attempt. */
  markedFor(project: string, service: string): readonly ProcessRow[];
};

// A thousand trees that end together look into one list: it is sorted once, not a thousand times.
const indexes = new WeakMap<Snapshot, SnapshotIndex>();

export const indexOf = (snapshot: Snapshot): SnapshotIndex => {
  const existing = indexes.get(snapshot);
  if (existing !== undefined) return existing;
  const rows = [...snapshot.values()];
  const children = groupBy(rows, ({ parent }) => parent);
  const groups = groupBy(rows, ({ group }) => group);
  const marked = groupBy(rows, ({ marker }) => (marker === null ? '' : keyOf(marker)));
  const index: SnapshotIndex = {
    childrenOf: (pid) => children.get(pid) ?? [],
    inGroup: (group) => groups.get(group) ?? [],
    markedFor: (project, service) => marked.get(keyOf({ project, service })) ?? [],
  };
  indexes.set(snapshot, index);
  return index;
};

const keyOf = ({ project, service }: Pick<Marker, 'project' | 'service'>): string => `${project}/${service}`;

const groupBy = <Key>(rows: readonly ProcessRow[], toKey: (row: ProcessRow) => Key): ReadonlyMap<Key, readonly ProcessRow[]> => {
  const map = new Map<Key, ProcessRow[]>();
  for (const row of rows) {
    const key = toKey(row);
    const mates = map.get(key);
    if (mates === undefined) map.set(key, [row]);
    else mates.push(row);
  }
  return map;
};
