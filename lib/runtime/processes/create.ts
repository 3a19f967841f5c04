import type { Exit, Marker, ProcessIdentity } from '../../domain/process.ts';
import type { MarkedProcess, Processes } from '../processes.ts';
import { readCpuTime } from './cpu-time.ts';
import { createEnd } from './end.ts';
import { createGuard } from './guard.ts';
import { openProcessTable } from './platform.ts';
import { createSpawn } from './spawn.ts';
import type { ProcessTable, Snapshot } from './table.ts';
import { createTrees } from './tree.ts';

/** Until its exit was told, nobody else can get its number. */
type Child = { readonly startTime: string; readonly marker: Marker; readonly exited: Promise<Exit> };

/** Everything muster does with processes, on this platform. One for each supervisor: it remembers who belongs to what. */
export const createProcesses = (table: ProcessTable = openProcessTable()): Processes => {
  const guard = createGuard(table);
  const children = new Map<number, Child>();
  const childOf = (pid: number, startTime: string): Child | null => {
    const child = children.get(pid);
    return child?.startTime === startTime ? child : null;
  };
  const isHeld = (pid: number, startTime: string): boolean => childOf(pid, startTime) !== null;
  const trees = createTrees(table, guard, isHeld);
  const scan = (): Promise<Snapshot> => table.scan((pid, start) => childOf(pid, String(start))?.marker ?? null);

  const exitOf = ({ pid, startTime }: ProcessIdentity): Promise<Exit> | null => childOf(pid, startTime)?.exited ?? null;

  const spawns = createSpawn({
    table,
    onSpawned: ({ marker }, { pid, startTime }, exited) => {
      children.set(pid, { startTime, marker, exited });
    },
    onExited: ({ marker }, leader) => {
      if (exitOf(leader) !== null) children.delete(leader.pid);
      trees.noteLeaderEnded({ leader, marker });
    },
  });

  const findMarked = async (project: string): Promise<readonly MarkedProcess[]> => {
    const marked: MarkedProcess[] = [];
    // Of a child of ours it is known whose it is, whatever became of its environment.
    const rows = await (children.size === 0 ? table.scanMarked() : scan());
    for (const row of rows.values()) {
      // A muster that was started from within a service carries the service's marker, and is none of its leftovers.
      if (row.marker?.project !== project || guard().isProtected(row.pid)) continue;
      const { command, user } = table.describe(row);
      marked.push({
        identity: { pid: row.pid, startTime: String(row.start), bootId: table.bootId },
        leads: row.group === row.pid,
        marker: row.marker,
        command,
        user,
      });
    }
    return marked;
  };

  const listMembers: Processes['listMembers'] = async (wanted) => {
    if (wanted.length === 0) return [];
    const snapshot = await scan();
    return wanted.map((tree) => trees.members(tree, snapshot).rows.map(({ pid, start }) => ({ pid, start })));
  };

  return {
    ...spawns,
    findMarked,
    markerOf: ({ pid, start }) => childOf(pid, String(start))?.marker ?? table.readMarker(pid),
    listMembers,
    isAlive: trees.isAlive,
    cpuTimeOf: readCpuTime,
    isMember: trees.isMember,
    ...createEnd({ table, scan, trees, guard, isHeld, exitOf }),
  };
};
