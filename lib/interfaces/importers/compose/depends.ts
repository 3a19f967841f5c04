import type { DraftField, DraftValue } from '../draft.ts';
import { createReader, type MapReader } from '../reader.ts';
import { type Entry, findEntry, isNothing, type MapTree, type Spot, scalarText, type Tree } from '../tree.ts';
import type { ComposeContext } from './context.ts';
import { readExtension } from './extension.ts';
import { toKeyed } from './merge.ts';

/** By Compose's words for them. */
const conditions: Readonly<Record<string, string>> = {
  service_started: 'started',
  service_healthy: 'healthy',
  service_completed_successfully: 'completed',
};

/** Services that somebody waits for to have ended: they are tasks. */
export const findTasks = (services: ReadonlyMap<string, MapTree>): ReadonlySet<string> => {
  const tasks = new Set<string>();
  for (const service of services.values()) {
    const edges = findEntry(service, 'depends_on')?.value;
    if (edges?.kind !== 'map') continue;
    for (const { key, value } of edges.entries)
      if (scalarText(findEntry(value, 'condition')?.value ?? value) === 'service_completed_successfully') tasks.add(key);
  }
  return tasks;
};

type Edge = { readonly [key: string]: DraftValue };

/** `depends_on`, and what else makes Compose start one service after another. */
export const toDependsOn = (service: MapReader, context: ComposeContext): readonly DraftField[] => {
  const edges: Record<string, Edge> = {};
  const add = (spot: Spot, written: string, edge: Edge): void => {
    const name = context.names.get(written);
    if (name === undefined) context.ledger.lose(spot, `there is no service "${written}"`);
    else edges[name] = { ...edge, ...edges[name] };
  };
  for (const entry of readEdges(service, context)) add(entry, entry.key, toEdge(entry, context));
  for (const { text, spot } of service.texts('links')) {
    const [target = '', alias] = text.split(':');
    if (alias !== undefined && alias !== target)
      context.ledger.lose(spot, `the name "${alias}" for "${target}": there are no host names of its own here`);
    add(spot, target, { condition: 'started' });
  }
  for (const key of ['network_mode', 'ipc', 'pid']) {
    const entry = service.entry(key);
    if (entry === null) continue;
    const [, target] = /^service:(.+)$/.exec(scalarText(entry.value) ?? '') ?? [];
    if (target !== undefined) add(entry, target, { condition: 'started' });
    context.ledger.lose(entry, 'programs here share this machine, not a container');
  }
  if (Object.keys(edges).length === 0) return [];
  return [{ key: 'depends_on', value: edges }];
};

const readEdges = (service: MapReader, { ledger }: ComposeContext): readonly Entry[] => {
  const entry = service.entry('depends_on');
  if (entry === null || isNothing(entry.value)) return [];
  const tree = toKeyed(entry.value);
  if (tree.kind === 'map') return tree.entries;
  ledger.lose(entry, 'it should be a list or a map of services');
  return [];
};

const toEdge = (entry: Entry, context: ComposeContext): Edge => {
  const { ledger } = context;
  if (entry.value.kind !== 'map') {
    if (!isNothing(entry.value)) ledger.lose(entry, 'it should be a map');
    return { condition: toPossible('started', entry, context) };
  }
  const map = createReader(entry.value, ledger);
  const written = map.text('condition') ?? 'service_started';
  const condition = Object.hasOwn(conditions, written) ? conditions[written] : undefined;
  if (condition === undefined) map.lose('condition', `"${written}" is no condition`);
  const required = map.flag('required');
  const restart = map.flag('restart');
  const extension = readExtension(map, 'x-muster', context);
  map.finish({});
  return {
    condition: toPossible(condition ?? 'started', entry, context),
    ...(required === false ? { required } : {}),
    ...(restart === true ? { restart } : {}),
    ...extension,
  };
};

/** A service is healthy only where something asks it; the health check of an image is nothing that could be read here. */
const toPossible = (condition: string, entry: Entry, { services, ports, ledger, tasks }: ComposeContext): string => {
  if (condition === 'started' && tasks.has(entry.key)) return condition;
  if (condition !== 'healthy') return condition;
  const target = services.get(entry.key);
  const own = target === undefined ? null : findEntry(target, 'healthcheck');
  const isOff =
    own !== null && (scalarText(findEntry(own.value, 'disable')?.value ?? own.value) === 'true' || saysNone(own.value));
  const hasPort = (ports.get(entry.key)?.ports.length ?? 0) > 0;
  const extension = target === undefined ? null : findEntry(target, 'x-muster')?.value;
  const isProven =
    extension !== null && extension !== undefined && ['health', 'ready'].some((key) => findEntry(extension, key) !== null);
  if (isProven || (own !== null && !isOff) || (hasPort && !isOff)) return condition;
  ledger.note(entry, `nothing here says when "${entry.key}" is healthy (its image may): it only waits until it has started`);
  return 'started';
};

const saysNone = (healthcheck: Tree): boolean => {
  const test = findEntry(healthcheck, 'test')?.value;
  if (test === undefined) return false;
  const [first] = test.kind === 'list' ? test.items : [test];
  return first !== undefined && scalarText(first) === 'NONE';
};
