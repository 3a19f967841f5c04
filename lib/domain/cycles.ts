/** "`from` needs `to`." */
export type Edge = { readonly from: string; readonly to: string };

/** Ways to go round one knot that are shown; a knot of n services can hold more cycles than there are atoms. */
const shownPerKnot = 10;

/**
 * The cycles among the edges: each as its path, rotated so that the smallest name comes first, without that name again at
 * its end; the shortest that pass through each edge that is part of any. Own code, because graphlib's `findCycles` answers
 * which nodes are tied together, not along which path, and recurses so deeply that a chain of 10,000 overflows the stack.
 */
export const findCycles = (edges: readonly Edge[]): string[][] => {
  const next = new Map<string, string[]>();
  for (const { from, to } of edges) {
    const known = next.get(from);
    if (known === undefined) next.set(from, [to]);
    else if (!known.includes(to)) known.push(to);
  }
  const cycles: string[][] = [];
  for (const knot of stronglyConnected(next)) {
    const inside = new Set(knot);
    const covered = new Set<string>();
    let shown = 0;
    for (const from of knot.sort(byName)) {
      for (const to of next.get(from) ?? []) {
        if (shown >= shownPerKnot || !inside.has(to) || covered.has(`${from}\0${to}`)) continue;
        const cycle = from === to ? [from] : [from, ...shortestPath(next, { from: to, to: from, inside })];
        cycle.forEach((name, index) => covered.add(`${name}\0${cycle[(index + 1) % cycle.length]}`));
        cycles.push(rotate(cycle));
        shown += 1;
      }
    }
  }
  return cycles.sort((a, b) => byName(a.join('\0'), b.join('\0')));
};

const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const rotate = (cycle: readonly string[]): string[] => {
  const start = cycle.indexOf(cycle.reduce((least, name) => (name < least ? name : least)));
  return [...cycle.slice(start), ...cycle.slice(0, start)];
};

type Trip = { readonly from: string; readonly to: string; readonly inside: ReadonlySet<string> };

/** From `from` up to, without, `to`: breadth first. */
const shortestPath = (next: ReadonlyMap<string, readonly string[]>, { from, to, inside }: Trip): string[] => {
  const cameFrom = new Map<string, string | null>([[from, null]]);
  const queue = [from];
  for (const name of queue) {
    if (name === to) break;
    for (const neighbour of next.get(name) ?? []) {
      if (!inside.has(neighbour) || cameFrom.has(neighbour)) continue;
      cameFrom.set(neighbour, name);
      queue.push(neighbour);
    }
  }
  const path: string[] = [];
  for (let name = cameFrom.get(to) ?? null; name !== null; name = cameFrom.get(name) ?? null) path.push(name);
  return path.reverse();
};

/** Tarjan's strongly connected components, with a stack of its own; only those that hold a cycle. */
const stronglyConnected = (next: ReadonlyMap<string, readonly string[]>): string[][] => {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const open: string[] = [];
  const isOpen = new Set<string>();
  const knots: string[][] = [];
  const visit = (name: string): void => {
    index.set(name, index.size);
    low.set(name, index.size - 1);
    open.push(name);
    isOpen.add(name);
  };
  const lower = (name: string, value: number): void => {
    low.set(name, Math.min(low.get(name) ?? value, value));
  };
  for (const root of next.keys()) {
    if (index.has(root)) continue;
    visit(root);
    const calls = [{ name: root, at: 0 }];
    for (let call = calls.at(-1); call !== undefined; call = calls.at(-1)) {
      const { name } = call;
      const neighbour = next.get(name)?.[call.at];
      call.at += 1;
      if (neighbour !== undefined) {
        if (!index.has(neighbour)) {
          visit(neighbour);
          calls.push({ name: neighbour, at: 0 });
        } else if (isOpen.has(neighbour)) lower(name, index.get(neighbour) ?? 0);
        continue;
      }
      calls.pop();
      const caller = calls.at(-1);
      if (caller !== undefined) lower(caller.name, low.get(name) ?? 0);
      if (low.get(name) !== index.get(name)) continue;
      const knot = open.splice(open.lastIndexOf(name));
      for (const member of knot) isOpen.delete(member);
      if (knot.length > 1 || next.get(name)?.includes(name) === true) knots.push(knot);
    }
  }
  return knots;
};
