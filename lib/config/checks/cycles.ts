import { findCycles } from '../../domain/graph.ts';
import type { WantedDependency } from '../../domain/resolve/dependencies.ts';
import type { ServiceDraft } from '../../domain/resolve.ts';
import { mostFindings } from '../finding.ts';
import type { CheckContext } from './context.ts';
import { atEdge, isKey } from './edge.ts';

/** The edges among the active services: by who has them, then by whom they lead to. */
type Edges = ReadonlyMap<string, ReadonlyMap<string, WantedDependency>>;

/** Every cycle, with the place of each of its links. */
export const checkCycles = (context: CheckContext): void => {
  if (!hasCycle(context)) return;
  const edges = new Map<string, Map<string, WantedDependency>>();
  for (const { draft } of context.activeServices) {
    const own = new Map<string, WantedDependency>();
    for (const edge of draft.wanted) {
      if (edge.on !== draft.name && context.active.has(edge.on) && !own.has(edge.on)) own.set(edge.on, edge);
    }
    edges.set(draft.name, own);
  }
  const pairs = [...edges].flatMap(([from, own]) => [...own.keys()].map((to) => ({ from, to })));
  const dependents = new Map<string, string[]>();
  for (const { from, to } of pairs)
    dependents
      .set(to, dependents.get(to) ?? [])
      .get(to)
      ?.push(from);
  for (const cycle of findCycles(pairs).slice(0, mostFindings + 1)) reportCycle({ context, cycle, edges, dependents });
};

/** Goes down from each service that it has not met; without recursion, as a chain may be long. The paths are put together elsewhere. */
const hasCycle = ({ activeServices, services, active }: CheckContext): boolean => {
  const left = new Set<string>();
  const isOpen = new Set<string>();
  for (const { draft } of activeServices) {
    const way: Step[] = left.has(draft.name) ? [] : [{ draft, next: 0 }];
    for (let step = way.at(-1); step !== undefined; step = way.at(-1)) {
      const { name, wanted } = step.draft;
      isOpen.add(name);
      const on = wanted[step.next]?.on;
      step.next += 1;
      const target = on === undefined || on === name || !active.has(on) ? undefined : services.get(on);
      if (on === undefined) {
        left.add(name);
        isOpen.delete(name);
        way.pop();
      } else if (isOpen.has(on) && on !== name) return true;
      else if (target !== undefined && !left.has(on)) way.push({ draft: target.draft, next: 0 });
    }
  }
  return false;
};

/** A service on the way down, and which of its edges comes next. */
type Step = { readonly draft: ServiceDraft; next: number };

type Found = {
  readonly context: CheckContext;
  readonly cycle: readonly string[];
  readonly edges: Edges;
  readonly dependents: ReadonlyMap<string, readonly string[]>;
};

type Link = { readonly edge: WantedDependency; readonly words: string };

/** At the link that closes the circle. */
const reportCycle = ({ context, cycle, edges, dependents }: Found): void => {
  const links = cycle.flatMap((from, index): Link[] => {
    const to = cycle[(index + 1) % cycle.length] ?? '';
    const edge = edges.get(from)?.get(to);
    return edge === undefined ? [] : [{ edge, words: `${from} -> ${to}` }];
  });
  const last = links.at(-1);
  if (last === undefined) return;
  const soft = links.filter(({ edge }) => !edge.required);
  const members = new Set(cycle);
  const waiting = new Set(cycle.flatMap((name) => dependents.get(name) ?? []).filter((name) => !members.has(name)));
  const message = `dependency cycle: ${[...cycle, cycle[0]].join(' -> ')}${toNote(soft)}${toTail([...waiting])}`;
  context.report({ ...atEdge(last.edge), code: 'cycle', message, hint: toHint(context, links, soft) });
};

const toNote = (soft: readonly Link[]): string => {
  if (soft.length === 0) return '';
  const are = soft.length === 1 ? 'is' : 'are';
  return ` (${soft.map(({ words }) => words).join(', ')} ${are} optional but still ${soft.length === 1 ? 'orders' : 'order'} the start)`;
};

const toTail = (waiting: readonly string[]): string =>
  waiting.length === 0 ? '' : ` (reached from ${waiting.slice(0, 3).join(', ')}${waiting.length > 3 ? ', …' : ''})`;

const toHint = ({ spot }: CheckContext, links: readonly Link[], soft: readonly Link[]): string => {
  const spotOf = ({ edge }: Link): string => spot(edge.path, isKey(edge.path));
  const [first] = soft;
  if (first !== undefined) return `remove the link ${first.words} (${spotOf(first)}), which is not required`;
  if (links.length === 2) return `remove one of the two links (${links.map(spotOf).join(' or ')})`;
  return `remove one of these links: ${links.map((link) => `${link.words} (${spotOf(link)})`).join(', ')}`;
};
