import type { ProcessRow, ProcessTable } from '../../lib/runtime/processes/table.ts';

export type FakeTable = {
  readonly table: ProcessTable;
  /** Pids of all that got a signal. */
  readonly hit: ReadonlySet<number>;
};

/** A system of processes that do not exist: each ends with the first signal that it gets, and it is written down who got one. */
export const createFakeTable = (all: readonly ProcessRow[], bootId: string): FakeTable => {
  const rows = new Map(all.map((row) => [row.pid, row]));
  const hit = new Set<number>();
  const end = (pid: number): void => {
    hit.add(pid);
    rows.delete(pid);
  };
  return {
    hit,
    table: {
      bootId,
      isCheap: true,
      read: (pid) => rows.get(pid) ?? null,
      startOf: (pid) => rows.get(pid)?.start ?? null,
      readMarker: (pid) => rows.get(pid)?.marker ?? null,
      scan: async () => Promise.resolve(new Map(rows)),
      scanMarked: async () => Promise.resolve(new Map(rows)),
      describe: () => ({ command: 'x', uid: null, user: null, since: null }),
      now: () => 1_000_000,
      send: (target) => {
        // As the system has it: 0 is our own group, -1 everybody.
        if (target === 0 || target === -1) for (const pid of [...rows.keys()]) end(pid);
        else if (target < 0) for (const row of [...rows.values()].filter(({ group }) => group === -target)) end(row.pid);
        else end(target);
      },
    },
  };
};
