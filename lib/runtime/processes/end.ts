import { type Exit, formatMarker, type ProcessIdentity, type Survivor } from '../../domain/process.ts';
import type { Processes, Tree } from '../processes.ts';
import { pause } from './pause.ts';
import { type SignalTools, sendToMembers } from './signal.ts';
import type { ProcessRow, ProcessTable, Snapshot } from './table.ts';
import type { Membership, Trees } from './tree.ts';
import { createTurns } from './turns.ts';

type EndTools = SignalTools & {
  /** Of all processes, with what is known of our children. */
  readonly scan: () => Promise<Snapshot>;
  readonly trees: Trees;
  /** The exit of a child of ours; null: not our child, or over long ago. */
  readonly exitOf: (identity: ProcessIdentity) => Promise<Exit> | null;
};

/** Waiting times between two looks, in milliseconds: short at first, since most programs end at once. */
const firstPause = 2;
const growth = 1.5;
/** How long looks at many trees may keep the event loop at a stretch, in milliseconds. */
const slice = 4;
/**
 * … and signals to many: each child that ends has every child of ours looked at, so that a thousand that end one after the other
 * cost a million looks, and a thousand that have all ended by the next turn cost a thousand.
 */
const burst = 45;
/** While members that are known live on, newer ones are looked for this often. */
const rescanAfter = 500;

export const createEnd = (tools: EndTools): Pick<Processes, 'awaitTreeEnd' | 'killTree' | 'signalTree'> => {
  const { table, scan, trees, exitOf } = tools;
  const longestPause = table.isCheap ? 50 : 500;

  const inTurn = createTurns(slice);
  const inBurst = createTurns(burst);

  const look = async (tree: Tree): Promise<Membership> => {
    const snapshot = await scan();
    return inTurn(() => trees.members(tree, snapshot));
  };

  /** Who got a signal already, by tree: a late member gets what the others had, nobody gets it twice. */
  const signalled = new Map<string, Set<string>>();
  const signalledOf = (tree: Tree): Set<string> => {
    const key = formatMarker(tree.marker);
    const reached = signalled.get(key) ?? new Set<string>();
    signalled.set(key, reached);
    return reached;
  };
  const forget = (tree: Tree): void => {
    trees.forget(tree);
    signalled.delete(formatMarker(tree.marker));
  };

  const send = (tree: Tree, members: Membership, signal: NodeJS.Signals): Promise<number> =>
    inBurst(() => {
      const reached = sendToMembers(tools, members, signal);
      for (const row of reached) signalledOf(tree).add(keyOf(row));
      return reached.length;
    });

  const signalTree: Processes['signalTree'] = async (tree, signal) => send(tree, await look(tree), signal);

  /** Resolves when none of `rows` is the same living process any more, or after `limit` milliseconds. */
  const awaitDeath = async (rows: readonly ProcessRow[], limit: number, cancelled: AbortSignal | null): Promise<void> => {
    const until = performance.now() + limit;
    const isLiving = (row: ProcessRow): boolean => table.read(row.pid)?.start === row.start;
    let living = rows.filter(isLiving);
    for (let wait = firstPause; living.length > 0 && performance.now() < until && cancelled?.aborted !== true; wait *= growth) {
      await pause(Math.min(wait, longestPause, Math.max(until - performance.now(), 1)), cancelled);
      living = living.filter(isLiving);
    }
  };

  /** The leader's own end comes as an event where it is our child, else it is polled; lists of all processes come after. */
  const awaitLeader = async (tree: Tree, cancelled: AbortSignal): Promise<void> => {
    const { leader } = tree;
    if (leader === null) return;
    const exited = exitOf(leader);
    if (exited !== null) {
      await untilAborted(exited, cancelled);
      return;
    }
    for (let wait = firstPause; trees.isAlive(leader) && !cancelled.aborted; wait *= growth) {
      trees.noteLeaderAlive(tree);
      await pause(Math.min(wait, longestPause), cancelled);
    }
  };

  const awaitTreeEnd: Processes['awaitTreeEnd'] = async (tree, { passOn, cancelled }) => {
    trees.noteLeaderAlive(tree);
    await awaitLeader(tree, cancelled);
    while (!cancelled.aborted) {
      const members = await look(tree);
      if (members.rows.length === 0) {
        forget(tree);
        return;
      }
      const late = members.rows.filter((row) => !signalledOf(tree).has(keyOf(row)));
      if (passOn !== null && late.length > 0) await send(tree, { rows: late, groups: new Set() }, passOn);
      await awaitDeath(members.rows, rescanAfter, cancelled);
    }
  };

  const killTree: Processes['killTree'] = async (tree, patience) => {
    const until = performance.now() + patience;
    for (let round = 0; ; round += 1) {
      let members = await look(tree);
      if (members.rows.length === 0) {
        forget(tree);
        return [];
      }
      if (round > 0 && performance.now() >= until) return members.rows.map((row) => toSurvivor(table, row));
      // What still grows after two rounds forks faster than it is listed: all of it is halted before any of it is killed.
      if (round >= 2) members = await halt(tree, members, until);
      await send(tree, members, 'SIGKILL');
      // Not to the end of the patience: while one cannot be ended, another may have a child.
      await awaitDeath(members.rows, Math.min(Math.max(until - performance.now(), 0), rescanAfter), null);
    }
  };

  /** Stops members until a list has no new ones. */
  const halt = async (tree: Tree, first: Membership, until: number): Promise<Membership> => {
    const halted = new Set<string>();
    let members = first;
    while (members.rows.some((row) => !halted.has(keyOf(row))) && performance.now() < until) {
      await send(tree, members, 'SIGSTOP');
      for (const row of members.rows) halted.add(keyOf(row));
      members = await look(tree);
    }
    return members;
  };

  return { signalTree, awaitTreeEnd, killTree };
};

const keyOf = ({ pid, start }: ProcessRow): string => `${pid} ${start}`;

const toSurvivor = (table: ProcessTable, row: ProcessRow): Survivor => {
  const { command, user } = table.describe(row);
  return { pid: row.pid, command, user };
};

/** Resolves with `promise`, or when `signal` aborts, and leaves no listener behind. */
const untilAborted = async (promise: Promise<unknown>, signal: AbortSignal): Promise<void> => {
  if (signal.aborted) return;
  let stop = (): void => undefined;
  const aborted = new Promise<void>((resolve) => {
    stop = () => resolve();
    signal.addEventListener('abort', stop, { once: true });
  });
  await Promise.race([promise, aborted]);
  signal.removeEventListener('abort', stop);
};
