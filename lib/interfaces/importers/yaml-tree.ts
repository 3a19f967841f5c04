import { isAlias, isMap, isScalar, isSeq, type Node, type YAMLMap } from 'yaml';
import { parseSource } from '../../config/document.ts';
import { toDiagnostic } from '../../config/finding.ts';
import { endOf, isMergeKey, keyText, type Nodes, offsetOf, toNodes } from '../../config/nodes.ts';
import type { Source } from '../../config/source.ts';
import type { Diagnostic } from '../../domain/diagnostic.ts';
import type { Path } from '../../domain/issue.ts';
import type { Entry, OpaqueTree, Place, Spot, Tree } from './tree.ts';

/** Values that aliases may add to what is written, before it is taken for an attack. */
const aliasBudget = 250_000;

type Walk = { readonly source: Source; readonly nodes: Nodes; readonly expanding: Node[]; budget: number };

/**
 * A YAML file as a tree: by the rules of the loader (size, depth, one document, no hidden characters), aliases and merge keys
 * filled in. Unlike the loader it keeps variables and tags as they are: they are another tool's. Or what is wrong with it.
 */
export const toYamlTree = (source: Source): Tree | readonly Diagnostic[] => {
  const { document, findings } = parseSource(source.text);
  if (document === null) return findings.map((finding) => toDiagnostic(source, finding));
  const walk: Walk = { source, nodes: toNodes(document.contents), expanding: [], budget: aliasBudget };
  return convert(walk, document.contents, []);
};

const placeAt = ({ source }: Walk, offset: number): Place => ({
  file: source.file,
  folder: source.root,
  ...source.position(offset),
});

const convert = (walk: Walk, node: unknown, path: Path): Tree => {
  if (isAlias(node)) return convertAlias(walk, node, path);
  const at = placeAt(walk, offsetOf(node));
  if (walk.expanding.length > 0 && (walk.budget -= 1) < 0) return opaque({ at, path }, 'its aliases grow beyond all reason');
  const tag = isScalar(node) || isMap(node) || isSeq(node) ? toTag(node.tag) : null;
  if (isMap(node)) return { kind: 'map', at, path, tag, entries: toEntries(walk, node, path) };
  if (isSeq(node))
    return { kind: 'list', at, path, tag, items: node.items.map((item, index) => convert(walk, item, [...path, index])) };
  if (!isScalar(node)) return { kind: 'scalar', at, path, tag, value: null, source: '' };
  const { value } = node;
  const source = node.source ?? '';
  if (typeof value === 'string' && value.includes('\0')) return opaque({ at, path }, 'it holds a NUL character');
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return { kind: 'scalar', at, path, tag, value, source };
  return { kind: 'scalar', at, path, tag, value: value === null || value === undefined ? null : source, source };
};

const opaque = (spot: Spot, why: string): OpaqueTree => ({ ...spot, kind: 'opaque', why, tag: null });

/** Only those that mean something to another tool: `!reset`, `!override`. */
const toTag = (tag: string | undefined): string | null =>
  tag === undefined || tag.startsWith('tag:yaml.org,2002:') ? null : tag;

const convertAlias = (walk: Walk, alias: Node & { source: string }, path: Path): Tree => {
  const target = walk.nodes.resolve(alias);
  const at = placeAt(walk, offsetOf(alias));
  if (target === null) return opaque({ at, path }, `the alias "*${alias.source}" has no anchor`);
  const isInside = offsetOf(target) <= offsetOf(alias) && offsetOf(alias) < endOf(target);
  if (walk.expanding.includes(target) || isInside) return opaque({ at, path }, `the alias "*${alias.source}" contains itself`);
  walk.expanding.push(target);
  const tree = convert(walk, target, path);
  walk.expanding.pop();
  return tree;
};

const toEntries = (walk: Walk, map: YAMLMap, path: Path): readonly Entry[] => {
  const own: Entry[] = [];
  const merged: Entry[] = [];
  for (const { key, value } of map.items) {
    if (isMergeKey(key)) {
      merged.push(...toMerged(walk, value, path));
      continue;
    }
    const name = keyText(isAlias(key) ? walk.nodes.resolve(key) : key);
    const at = placeAt(walk, offsetOf(key));
    if (name === null)
      own.push({ key: '?', at, path: [...path, '?'], value: opaque({ at, path }, 'a list or map cannot be a key') });
    else own.push({ key: name, at, path: [...path, name], value: convert(walk, value, [...path, name]) });
  }
  if (merged.length === 0) return own;
  const seen = new Set(own.map(({ key }) => key));
  const added = merged.filter(({ key }) => !seen.has(key) && seen.add(key));
  return [...own, ...added];
};

/** `<<: *base` or `<<: [*a, *b]`: the map's own keys win, then the first that has it. */
const toMerged = (walk: Walk, value: unknown, path: Path): readonly Entry[] => {
  const target = walk.nodes.resolve(value);
  return (isSeq(target) ? target.items : [value]).flatMap((item): readonly Entry[] => {
    const tree = convert(walk, item, path);
    if (tree.kind === 'map') return tree.entries;
    const why = tree.kind === 'opaque' ? tree.why : '"<<" takes a map';
    return [{ key: '<<', at: tree.at, path: [...path, '<<'], value: opaque(tree, why) }];
  });
};
