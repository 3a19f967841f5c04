import { type Entry, findEntry, type ListTree, type MapTree, scalarText, type Tree, textTree } from '../tree.ts';

/** What a later file replaces instead of adding to it. */
const replaced = new Set(['command', 'entrypoint', 'test']);

/** Lists of `NAME=value`, or of names, that mean the same as a map. */
const keyed = new Set(['environment', 'labels', 'args', 'sysctls', 'extra_hosts', 'annotations', 'depends_on', 'networks']);

/** One text that means a list of one. */
const listed = new Set(['env_file', 'tmpfs', 'dns', 'dns_search']);

/** Compose files over each other: maps by key, lists one after the other, everything else the later one. */
export const mergeMaps = (base: MapTree, over: MapTree): MapTree => {
  const later = new Map(over.entries.map((entry) => [entry.key, entry]));
  const entries = base.entries.flatMap((entry): readonly Entry[] => {
    const own = later.get(entry.key);
    if (own === undefined) return [entry];
    later.delete(entry.key);
    return isReset(own) ? [] : [{ ...own, value: mergeTrees(entry.value, own.value, entry.key) }];
  });
  return { ...over, entries: [...entries, ...later.values()].filter((entry) => !isReset(entry)) };
};

/** Two files over each other, with a map of names by `key`: `services` of Compose. */
export const mergeStacks = (base: MapTree, over: MapTree, key: string): MapTree => {
  const [a, b] = [findEntry(base, key), findEntry(over, key)];
  const merged = mergeMaps(withoutEntry(base, key), withoutEntry(over, key));
  const services =
    a !== null && b !== null && a.value.kind === 'map' && b.value.kind === 'map'
      ? { ...b, value: mergeServices(a.value, b.value) }
      : (b ?? a);
  return services === null ? merged : { ...merged, entries: [...merged.entries, services] };
};

export const withoutEntry = (tree: MapTree, key: string): MapTree => ({
  ...tree,
  entries: tree.entries.filter((entry) => entry.key !== key),
});

/** `services` of two files: there every key is a name, whatever it is called. */
const mergeServices = (base: MapTree, over: MapTree): MapTree => {
  const later = new Map(over.entries.map((entry) => [entry.key, entry]));
  const entries = base.entries.flatMap((entry): readonly Entry[] => {
    const own = later.get(entry.key);
    if (own === undefined) return [entry];
    later.delete(entry.key);
    if (isReset(own)) return [];
    return [entry.value.kind === 'map' && own.value.kind === 'map' ? { ...own, value: mergeMaps(entry.value, own.value) } : own];
  });
  return { ...over, entries: [...entries, ...later.values()].filter((entry) => !isReset(entry)) };
};

const mergeTrees = (base: Tree, over: Tree, key: string): Tree => {
  if (over.tag === '!override' || replaced.has(key)) return over;
  const [a, b] = [base, over].map((tree) => toComparable(tree, key));
  if (a?.kind === 'map' && b?.kind === 'map') return mergeMaps(a, b);
  return a?.kind === 'list' && b?.kind === 'list' ? mergeLists(a, b) : over;
};

const toComparable = (tree: Tree, key: string): Tree => {
  if (keyed.has(key)) return toKeyed(tree);
  return listed.has(key) && tree.kind === 'scalar' ? { ...tree, kind: 'list', items: [tree] } : tree;
};

const mergeLists = (base: ListTree, over: ListTree): ListTree => {
  const seen = new Set(over.items.map(toIdentity));
  return { ...over, items: [...base.items.filter((item) => !seen.has(toIdentity(item))), ...over.items] };
};

const toIdentity = (tree: Tree): string => {
  if (tree.kind === 'scalar') return JSON.stringify(scalarText(tree));
  if (tree.kind === 'list') return `[${tree.items.map(toIdentity).join()}]`;
  return tree.kind === 'map' ? `{${tree.entries.map(({ key, value }) => `${key}:${toIdentity(value)}`).join()}}` : '?';
};

/** `[A=1, B]` as `{A: 1, B: null}`. */
export const toKeyed = (tree: Tree): Tree => {
  if (tree.kind !== 'list') return tree;
  const entries = tree.items.map((item): Entry => {
    const text = scalarText(item);
    if (text === null)
      return { key: '?', at: item.at, path: item.path, value: { ...item, kind: 'opaque', why: 'it should be text', tag: null } };
    const sign = text.indexOf('=');
    const key = sign < 0 ? text : text.slice(0, sign);
    const spot = { at: item.at, path: [...tree.path, key] };
    const value: Tree =
      sign < 0 ? { ...spot, kind: 'scalar', value: null, source: '', tag: null } : textTree(spot, text.slice(sign + 1));
    return { ...spot, key, value };
  });
  return { ...tree, kind: 'map', entries };
};

/** `!reset` takes away what an earlier file said. */
const isReset = ({ value }: Entry): boolean => value.tag === '!reset';
