import { formatMarker, type ProcessIdentity } from '../../domain/process.ts';
import type { Tree } from '../processes.ts';
import type { Guard } from './guard.ts';
import { isMarkedFor } from './marker.ts';
import { indexOf } from './snapshot-index.ts';
import type { ProcessStat } from './stat.ts';
import type { ProcessRow, ProcessTable, Snapshot } from './table.ts';

export type Membership = {
  readonly rows: readonly ProcessRow[];
  /** Process groups in which there is nobody but members: these may be signalled as a whole. */
  readonly groups: ReadonlySet<number>;
};

/**
 * Who belongs to an attempt. Four signs, each of which catches what the others miss:
 *
 *   group       sh -c "a & b"        one process group, as long as nobody leaves it
 *   descent     a child in a session of its own, while its parent lives
 *   marker      a daemon: session of its own, parent gone; found by its environment
 *   memory      one that was seen to belong before, and is still the same process
 *
 * Only a process that leaves its group and its parent before anybody looked, with an emptied environment, is not found. One
 * that carries a marker of somebody else (another service, or the stack of another project started by this service) is not
 * a member, whatever its descent: it has an owner of its own.
 */
export type Trees = {
  /** Living members; from now on they are remembered. */
  members(tree: Tree, snapshot: Snapshot): Membership;
  /** The same question about one process, without a list of all. */
  isMember(tree: Tree, pid: number): boolean;
  isAlive(identity: ProcessIdentity): boolean;
  /** Members that were remembered and are still alive, the leader first: cheap, but newer ones may be missing. */
  remembered(tree: Tree): readonly number[];
  /** To be called now and then while the leader lives: who is older than this moment was in its group by right. */
  noteLeaderAlive(tree: Tree): void;
  /** The leader, a child of ours, has ended in this very turn of the loop: it held its number until now. */
  noteLeaderEnded(tree: Tree): void;
  /** The tree is gone. */
  forget(tree: Tree): void;
};

type Memory = {
  /** Pid to start of members that were seen alive. */
  readonly known: Map<number, number>;
  /** Process groups that are theirs, also when the leader is gone. */
  readonly groups: Set<number>;
  /** When the leader was last seen alive, in the table's time. */
  leaderSeen: number;
};

export const createTrees = (
  table: ProcessTable,
  guard: () => Guard,
  isHeld: (pid: number, startTime: string) => boolean = () => false,
): Trees => {
  const memories = new Map<string, Memory>();
  const memoryOf = (tree: Tree): Memory => {
    const key = keyOf(tree);
    const memory = memories.get(key) ?? { known: new Map<number, number>(), groups: new Set<number>(), leaderSeen: -1 };
    memories.set(key, memory);
    if (memories.size > mostMemories) memories.delete(memories.keys().next().value ?? key);
    return memory;
  };

  const isLeader = ({ leader }: Tree, { pid, start }: ProcessStat): boolean =>
    leader !== null && leader.pid === pid && leader.startTime === String(start) && leader.bootId === table.bootId;

  const isAlive = (identity: ProcessIdentity): boolean => {
    const stat = identity.bootId === table.bootId ? table.read(identity.pid) : null;
    return stat !== null && String(stat.start) === identity.startTime;
  };

  /** Also a child of ours that has ended and was not waited for: its number is its own until then. */
  const holdsItsNumber = (leader: ProcessIdentity): boolean => isHeld(leader.pid, leader.startTime) || isAlive(leader);

  const noteLeaderAlive = (tree: Tree): void => {
    // Of a child of ours the end itself is told, in time.
    if (tree.leader === null || isHeld(tree.leader.pid, tree.leader.startTime)) return;
    if (isAlive(tree.leader)) memoryOf(tree).leaderSeen = table.now();
  };

  /** In the leader's group since before the leader's end, so before the system could give its number to a stranger. */
  const isOfLeadersGroup = (tree: Tree, memory: Memory, { group, start }: ProcessStat): boolean =>
    tree.leader !== null && group === tree.leader.pid && (start < memory.leaderSeen || holdsItsNumber(tree.leader));

  /** The signs that a process has itself, without those of its parents and of its group. */
  const hasSign = (tree: Tree, memory: Memory, row: ProcessRow): boolean => {
    if (row.marker !== null) return isMarkedFor(row.marker, tree.marker);
    return isLeader(tree, row) || memory.known.get(row.pid) === row.start || isOfLeadersGroup(tree, memory, row);
  };

  /** Where to look for members that have a sign. */
  const candidates = (tree: Tree, memory: Memory, snapshot: Snapshot): readonly ProcessRow[] => {
    const index = indexOf(snapshot);
    const pids = [...memory.known.keys(), ...(tree.leader === null ? [] : [tree.leader.pid])];
    return [
      ...pids.map((pid) => snapshot.get(pid)).filter((row) => row !== undefined),
      ...(tree.leader === null ? [] : index.inGroup(tree.leader.pid)),
      ...index.markedFor(tree.marker.project, tree.marker.service),
    ];
  };

  const members = (tree: Tree, snapshot: Snapshot): Membership => {
    noteLeaderAlive(tree);
    const memory = memoryOf(tree);
    const index = indexOf(snapshot);
    const found = new Map<number, ProcessRow>();
    const queue: ProcessRow[] = [];
    const add = (row: ProcessRow): void => {
      const isForeign = row.marker !== null && !isMarkedFor(row.marker, tree.marker);
      if (found.has(row.pid) || isForeign || guard().isProtected(row.pid) || guard().isProtectedGroup(row.group)) return;
      found.set(row.pid, row);
      queue.push(row);
    };
    for (const row of candidates(tree, memory, snapshot)) if (hasSign(tree, memory, row)) add(row);
    for (const pid of memory.known.keys()) memory.groups.add(pid);
    if (tree.leader !== null) memory.groups.add(tree.leader.pid);
    for (let row = queue.pop(); row !== undefined; row = queue.pop()) {
      for (const child of index.childrenOf(row.pid)) add(child);
      memory.groups.add(row.pid);
      // While one member lives in it, the number of a group cannot be given to anybody else.
      if (memory.groups.has(row.group)) for (const mate of index.inGroup(row.group)) add(mate);
    }
    remember(memory, found);
    return { rows: [...found.values()], groups: new Set([...memory.groups].filter((group) => isWholly(group, snapshot, found))) };
  };

  const isMember = (tree: Tree, pid: number): boolean => {
    if (tree.leader?.pid === pid && isHeld(pid, tree.leader.startTime)) return true;
    const memory = memoryOf(tree);
    const path: ProcessRow[] = [];
    for (let next = pid; !guard().isProtected(next) && path.length < deepest; next = path.at(-1)?.parent ?? 0) {
      const stat = table.read(next);
      if (stat === null || guard().isProtectedGroup(stat.group)) return false;
      const row = { ...stat, marker: table.readMarker(next) };
      path.push(row);
      if (hasSign(tree, memory, row)) {
        for (const member of path) memory.known.set(member.pid, member.start);
        return true;
      }
      if (row.marker !== null) return false;
    }
    return false;
  };

  return {
    members,
    isMember,
    isAlive,
    noteLeaderAlive,
    noteLeaderEnded: (tree) => {
      // A worker that was born in the last hundredth of a second counts too, and the uptime that tells the time here was seen
      // one such step behind the start times. Nobody gets the leader's number anew within two of them.
      memoryOf(tree).leaderSeen = table.now() + 2;
    },
    remembered: (tree) => {
      const pids = [...memoryOf(tree).known].filter(([pid, start]) => table.read(pid)?.start === start).map(([pid]) => pid);
      return tree.leader !== null && isAlive(tree.leader) ? [...new Set([tree.leader.pid, ...pids])] : pids;
    },
    forget: (tree) => {
      memories.delete(keyOf(tree));
    },
  };
};

const deepest = 100;

/** Attempts of whose end nobody asked are forgotten, the oldest first: a crash loop may go on for weeks. */
const mostMemories = 5000;

const keyOf = ({ marker, leader }: Tree): string => `${formatMarker(marker)} ${leader?.pid ?? ''} ${leader?.startTime ?? ''}`;

const remember = (memory: Memory, found: ReadonlyMap<number, ProcessRow>): void => {
  memory.known.clear();
  for (const row of found.values()) memory.known.set(row.pid, row.start);
  const inhabited = new Set([...found.values()].map(({ group }) => group));
  for (const group of memory.groups) if (!inhabited.has(group)) memory.groups.delete(group);
};

const isWholly = (group: number, snapshot: Snapshot, found: ReadonlyMap<number, ProcessRow>): boolean =>
  indexOf(snapshot)
    .inGroup(group)
    .every(({ pid }) => found.has(pid));
