import type { Dependency, Service, ServiceName } from '../../../domain/service.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import { type GraphInput, isSoftEdge } from '../../pictures/graph-text.ts';
import { createTheme, type Look, type Theme } from './theme.ts';

/** Deeper than this the lines are not moved further to the right: a chain of thousands would fill the screen with blanks. */
const deepest = 40;

type Todo = {
  readonly name: ServiceName;
  readonly parent: ServiceName | null;
  readonly prefix: string;
  readonly isLast: boolean;
  readonly depth: number;
};

/**
 * From those that need nobody down to those that everything else leads to, so that it reads in the order of the start. A
 * service that needs several stands below each of them, and is told in full once.
 *
 *     db
 *     ├─ api ← db healthy
 *     │  └─ web (below)
 *     └─ worker ← db healthy
 *        └─ web ← api healthy, worker healthy
 */
export const renderTree = ({ services, graph }: GraphInput, look: Look): string[] => {
  const theme = createTheme(look);
  const place = new Map(graph.order.map((name, index) => [name, index]));
  /** Where it is told in full: below the one that it will wait for longest, as far as the graph alone tells. */
  const homeOf = (name: ServiceName): ServiceName | null => {
    const edges = graph.dependenciesOf(name);
    const hard = edges.filter((edge) => !isSoftEdge(edge, services));
    const isLater = (a: ServiceName, b: ServiceName): boolean =>
      graph.depthOf(a) === graph.depthOf(b) ? (place.get(a) ?? 0) > (place.get(b) ?? 0) : graph.depthOf(a) > graph.depthOf(b);
    return (hard.length > 0 ? hard : edges).reduce<ServiceName | null>(
      (home, { on }) => (home === null || isLater(on, home) ? on : home),
      null,
    );
  };
  const roots = graph.order.filter((name) => graph.dependenciesOf(name).length === 0);
  const todo: Todo[] = roots.map((name) => ({ name, parent: null, prefix: '', isLast: true, depth: 0 })).reverse();
  const lines: string[] = [];
  const told = new Set<ServiceName>();
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const { name, parent, prefix, isLast, depth } = next;
    const service = services.get(name);
    if (service === undefined) continue;
    const isWhole = parent === null || homeOf(name) === parent;
    const branch = parent === null ? '' : `${prefix}${toBranch(isSoft(service, parent, services), isLast, theme)} `;
    lines.push(
      theme.paint('dim', branch) +
        (isWhole
          ? tellService(service, services, theme)
          : `${safe(name)} ${theme.paint('dim', told.has(name) ? '(above)' : '(below)')}`),
    );
    if (!isWhole) continue;
    told.add(name);
    const below = parent === null || depth > deepest ? prefix : `${prefix}${isLast ? '   ' : theme.unicode ? '│  ' : '|  '}`;
    const children = [...graph.dependentsOf(name)].sort((a, b) => (place.get(a) ?? 0) - (place.get(b) ?? 0));
    todo.push(
      ...children
        .map((child, at) => ({ name: child, parent: name, prefix: below, isLast: at === children.length - 1, depth: depth + 1 }))
        .reverse(),
    );
  }
  return lines;
};

const toBranch = (soft: boolean, isLast: boolean, { unicode }: Theme): string => {
  if (!unicode) return `${isLast ? '`' : '|'}${soft ? '.' : '-'}`;
  return `${isLast ? '└' : '├'}${soft ? '╌' : '─'}`;
};

/** It goes on without this dependency, too. */
const isSoft = (service: Service, on: ServiceName, services: GraphInput['services']): boolean =>
  service.dependsOn.some((edge) => edge.on === on && isSoftEdge(edge, services));

const tellService = (service: Service, services: GraphInput['services'], theme: Theme): string => {
  const marks = [service.type === 'task' ? 'task' : null, service.optional ? 'optional' : null].filter((mark) => mark !== null);
  const kind = marks.length === 0 ? '' : theme.paint('dim', ` (${marks.join(', ')})`);
  const edges = service.dependsOn.map((edge) => describeEdge(edge, services)).join(', ');
  const waits = edges === '' ? '' : theme.paint('dim', ` ${theme.unicode ? '←' : '<-'} ${safe(edges)}`);
  return `${theme.paint('bold', safe(service.name))}${kind}${waits}`;
};

/** `db healthy`; `mail started?` where it goes on without. */
export const describeEdge = (edge: Dependency, services: GraphInput['services']): string =>
  `${edge.on} ${edge.condition}${isSoftEdge(edge, services) ? '?' : ''}`;

const safe = (text: string): string => toSafeText(text, { colours: false });
