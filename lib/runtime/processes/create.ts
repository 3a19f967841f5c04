import type { Exit, ProcessIdentity } from '../../domain/process.ts';
import type { MarkedProcess, Processes } from '../processes.ts';
import { readCpuTime } from './cpu-time.ts';
import { createEnd } from './end.ts';
import { createGuard } from './guard.ts';
import { openProcessTable } from './platform.ts';
import { createSpawn } from './spawn.ts';
import type { ProcessTable } from './table.ts';
import { createTrees } from './tree.ts';

/** Everything muster does with processes, on this platform. One for each supervisor: it remembers who belongs to what. */
export const createProcesses = (table: ProcessTable = openProcessTable()): Processes => {
  const guard = createGuard(table);
  const trees = createTrees(table, guard);
  const children = new Map<number, { readonly startTime: string; readonly exited: Promise<Exit> }>();

  const exitOf = ({ pid, startTime }: ProcessIdentity): Promise<Exit> | null => {
    const child = children.get(pid);
    return child?.startTime === startTime ? child.exited : null;
  };

  const spawn = createSpawn({
    table,
    onSpawned: ({ pid, startTime }, exited) => {
      children.set(pid, { startTime, exited });
    },
    onExited: ({ marker }, leader) => {
      if (exitOf(leader) !== null) children.delete(leader.pid);
      trees.noteLeaderEnded({ leader, marker });
    },
  });

  const findMarked = async (project: string): Promise<readonly MarkedProcess[]> => {
    const marked: MarkedProcess[] = [];
    for (const row of (await table.scan()).values()) {
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
    const snapshot = await table.scan();
    return wanted.map((tree) => trees.members(tree, snapshot).rows.map(({ pid, start }) => ({ pid, start })));
  };

  return {
    spawn,
    findMarked,
    listMembers,
    isAlive: trees.isAlive,
    cpuTimeOf: readCpuTime,
    isMember: trees.isMember,
    ...createEnd({ table, trees, guard, exitOf }),
  };
};
