import { formatMarker, type PortHolder } from '../../domain/process.ts';
import { openProcessTable } from '../processes/platform.ts';
import { listPids } from '../processes/proc-table.ts';
import { joined, type ProcessTable } from '../processes/table.ts';
import type { Processes, Tree } from '../processes.ts';
import type { ListenerOwner, Sockets } from '../sockets.ts';
import { answers, clashes, hostAddresses } from './addresses.ts';
import { tryBind } from './bind.ts';
import { findHoldersOf, toHolders } from './holders.ts';
import { type Listener, readAllListeners, readListeners } from './listen-table.ts';
import { createListenerBook } from './listener-book.ts';
import { createListeningPorts } from './listening-ports.ts';
import { createLsofSockets } from './lsof.ts';
import { findAmong, findDescriptor, hasVisibleDescriptors, type SocketOwner, stillHolds } from './socket-owners.ts';

/** Who listens, on this platform. */
export const createSockets = (processes: Processes, table: ProcessTable = openProcessTable()): Sockets =>
  table.isCheap ? createProcSockets(processes, table) : createLsofSockets({ processes, table });

/** An answer "a stranger" is looked at again after this long: a child of ours may have inherited the socket since. */
const strangerFor = 1000;
const mostRemembered = 10_000;

const createProcSockets = (processes: Processes, table: ProcessTable): Sockets => {
  const readAll = joined(async () => Promise.resolve(readAllListeners()));
  /** By inode, which is never given to a second socket while the first lives: where it was seen last. */
  const seen = new Map<string, { readonly owners: readonly SocketOwner[]; readonly at: number }>();

  const hints = createHints();
  const book = createListenerBook();

  const remember = (inode: string, owners: readonly SocketOwner[]): void => {
    if (seen.size >= mostRemembered) seen.clear();
    seen.set(inode, { owners, at: performance.now() });
  };

  const isOurs = (inode: string, tree: Tree): boolean => {
    const last = seen.get(inode);
    const holding = last?.owners.filter((owner) => stillHolds(owner, inode)) ?? [];
    if (holding.some(({ pid }) => processes.isMember(tree, pid))) return true;
    const isUnchanged = last !== undefined && holding.length === last.owners.length;
    if (isUnchanged && performance.now() - last.at < strangerFor) return false;
    const near = tree.leader !== null && processes.isAlive(tree.leader) ? findDescriptor(tree.leader.pid, inode) : null;
    const owners = near === null ? listPids().flatMap((pid) => findDescriptor(pid, inode) ?? []) : [near];
    remember(inode, owners);
    return owners.some(({ pid }) => processes.isMember(tree, pid));
  };

  /**
   * A listener of a moment ago is proven to be ours by one of the tree that has it open: a thousand that are asked every few
   * seconds need not have the table read a thousand times.
   */
  const isStillOurs = (inode: string, tree: Tree): boolean => {
    let owners = seen.get(inode)?.owners;
    if (owners === undefined) {
      const near = tree.leader === null ? null : findDescriptor(tree.leader.pid, inode);
      if (near === null) return false;
      owners = [near];
      remember(inode, owners);
    }
    return owners.some((owner) => stillHolds(owner, inode) && processes.isMember(tree, owner.pid));
  };

  /** When the whole table was last read for this tree, and this listener came out as a stranger's. */
  const settled = new Map<string, number>();
  const keyOf = (listener: Listener, tree: Tree): string => `${listener.inode} ${formatMarker(tree.marker)}`;

  const toOwner = (listener: Listener, tree: Tree): ListenerOwner => {
    const owners = seen.get(listener.inode)?.owners ?? [];
    const [holder] = toHolders(
      { table, processes },
      listener,
      owners.map(({ pid }) => pid),
    );
    if (holder === undefined) return { kind: 'unknown' };
    if (holder.process !== null) return { kind: 'stranger', holder };
    // Nobody's that we may see. One of our own that changed its user hides its descriptors from us just the same.
    const mayHide = listener.uid === process.getuid?.() || (tree.leader !== null && !hasVisibleDescriptors(tree.leader.pid));
    return mayHide ? { kind: 'unknown' } : { kind: 'stranger', holder };
  };

  const ownerOf: Sockets['ownerOf'] = (port, host, tree) => {
    const known = book.at(port).filter(({ address }) => answers(address, host));
    if (known.some(({ inode }) => isStillOurs(inode, tree))) return { kind: 'ours' };
    let stranger: Listener | null = null;
    for (const family of hints.order(port, host)) {
      for (const listener of readListeners(family)) {
        book.note(listener);
        if (listener.port !== port || !answers(listener.address, host)) continue;
        hints.note(port, family);
        if (isOurs(listener.inode, tree)) return { kind: 'ours' };
        // With SO_REUSEPORT there may be more than one, and ours among them is enough; but to read on costs milliseconds.
        if (performance.now() - (settled.get(keyOf(listener, tree)) ?? -strangerFor) < strangerFor)
          return toOwner(listener, tree);
        stranger ??= listener;
      }
    }
    if (stranger === null) return { kind: 'nobody' };
    if (settled.size >= mostRemembered) settled.clear();
    settled.set(keyOf(stranger, tree), performance.now());
    return toOwner(stranger, tree);
  };

  const listenersOf: Sockets['listenersOf'] = async (tree) => {
    // The processes first, which takes many short turns: their sockets are few, and those of the whole machine are not.
    const [members = []] = await processes.listMembers([tree]);
    const listeners = [...readListeners(4), ...readListeners(6)];
    const inodes = new Set(listeners.map(({ inode }) => inode));
    const ours = new Set(members.flatMap(({ pid }) => findAmong(pid, inodes).map(([inode]) => inode)));
    const found = listeners.flatMap(({ inode, address, port }) => (ours.has(inode) ? [{ address, port }] : []));
    // With SO_REUSEPORT, several sockets are at the same place.
    const places = new Map(found.map((each) => [`${each.address.text} ${each.port}`, each]));
    return [...places.values()].sort((a, b) => a.port - b.port);
  };

  // Whoever is about to ask whose a new listener is need not look for it a second time.
  const listeningPorts = createListeningPorts({ readListeners, onNew: book.note });

  const findHolders: Sockets['findHolders'] = async (ports, host): Promise<readonly PortHolder[]> => {
    const wanted = new Set(ports);
    const listeners = (await readAll()).filter(({ port }) => wanted.has(port));
    const verdicts = await Promise.all(listeners.map((listener) => isInTheWay(listener, host)));
    return findHoldersOf(
      { table, processes },
      listeners.filter((_, at) => verdicts[at]),
    );
  };

  return { ownerOf, listenersOf, findHolders, listeningPorts };
};

const isInTheWay = async ({ address, port }: Listener, host: string): Promise<boolean> => {
  const wanted = hostAddresses(host);
  const verdicts = wanted.map((one) => clashes(address, one));
  if (verdicts.includes('yes')) return true;
  const doubtful = wanted.filter((_, at) => verdicts[at] === 'if-dual');
  const results = await Promise.all(doubtful.map((one) => tryBind(port, one.text)));
  return results.some(({ kind }) => kind === 'taken');
};

/** To read a table to its end costs milliseconds: the one in which the answer is likely comes first. */
const createHints = (): { order(port: number, host: string): readonly (4 | 6)[]; note(port: number, family: 4 | 6): void } => {
  const byPort = new Map<number, 4 | 6>();
  let latest: 4 | 6 = 4;
  return {
    order: (port, host) => {
      const addresses = hostAddresses(host);
      if (addresses.every(({ family, text }) => family === 6 && text !== '::')) return [6];
      return (byPort.get(port) ?? latest) === 4 ? [4, 6] : [6, 4];
    },
    note: (port, family) => {
      byPort.set(port, family);
      latest = family;
    },
  };
};
