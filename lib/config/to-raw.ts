import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar, type YAMLMap } from 'yaml';
import type { Path } from '../domain/issue.ts';
import { bareMap, type RawValue } from '../domain/raw.ts';
import type { Contents } from './document.ts';
import { type AddressUse, fillIn, type SecretUse } from './fill-in.ts';
import { error, type Finding, mostFindings } from './finding.ts';
import { findCutValue } from './flow-syntax.ts';
import type { Variables } from './interpolate.ts';
import { checkKey } from './key-checks.ts';
import { aliasFindings, checkScalar, checkTag, describeNode } from './node-checks.ts';
import { endOf, isMergeKey, keyText, type Nodes, offsetOf, toNodes } from './nodes.ts';
import type { Source } from './source.ts';
import { isTextSpot } from './spots.ts';

export type FindingAt = Finding & { readonly path: Path };

export type Raw = {
  readonly value: RawValue;
  readonly findings: readonly FindingAt[];
  /** There were more. */
  readonly isCut: boolean;
  readonly addresses: readonly AddressUse[];
  /** Which values came from variables with a secret-looking name. No message about such a value may hold it. */
  readonly secrets: readonly SecretUse[];
  readonly nodes: Nodes;
};

/** More than are shown: those in services that do not take part are left out later. */
const mostFound = 10 * mostFindings;

/** Values that aliases may add to what is written, before it is taken for an attack. */
const aliasBudget = 100_000;

type Walk = {
  readonly source: Source;
  readonly env: Variables;
  readonly nodes: Nodes;
  readonly path: (string | number)[];
  readonly findings: FindingAt[];
  readonly addresses: AddressUse[];
  readonly secrets: SecretUse[];
  /** Anchored nodes that are being expanded right now, innermost last. */
  readonly expanding: Node[];
  expanded: number;
  /** There were more findings than are kept. */
  isCut: boolean;
};

/**
 * YAML nodes to plain data, in one pass: aliases and merge keys resolved, variables filled in, duplicate keys and everything
 * that only the text shows reported. Objects have no prototype, so `__proto__` is a key like any other. `x-` keys are left
 * out: they are there to hold anchors, and what an alias takes from them is read where it is used.
 */
export const toRaw = (document: Contents, source: Source, env: Variables): Raw => {
  const nodes = toNodes(document.contents);
  const walk: Walk = {
    source,
    env,
    nodes,
    path: [],
    findings: [],
    addresses: [],
    secrets: [],
    expanding: [],
    expanded: 0,
    isCut: false,
  };
  const value = convert(walk, document.contents);
  const { findings, addresses, secrets } = walk;
  return { value, findings, isCut: walk.isCut, addresses, secrets, nodes };
};

const hasErrors = (findings: readonly Finding[]): boolean => findings.some(({ severity }) => severity === 'error');

const report = (walk: Walk, findings: readonly Finding[]): void => {
  if (walk.findings.length >= mostFound) {
    walk.isCut = true;
    return;
  }
  for (const finding of findings) walk.findings.push({ ...finding, path: [...walk.path] });
};

/** Undefined: it was wrong, and has been reported. */
const convert = (walk: Walk, node: unknown): RawValue => {
  if (isAlias(node)) return convertAlias(walk, node);
  if (walk.expanding.length > 0 && (walk.expanded += 1) > aliasBudget) return undefined;
  if (isScalar(node) || isMap(node) || isSeq(node)) {
    const wrongTag = node.tag === undefined ? [] : checkTag(walk.source.text, node, walk.path);
    report(walk, wrongTag);
    if (wrongTag.length > 0) return undefined;
  }
  if (isScalar(node)) return convertScalar(walk, node);
  if (isMap(node)) return convertMap(walk, node);
  if (!isSeq(node)) return null;
  return node.items.map((item, index) => {
    walk.path.push(index);
    const value = convert(walk, item);
    walk.path.pop();
    return value;
  });
};

const convertAlias = (walk: Walk, alias: Node & { source: string }): RawValue => {
  const target = walk.nodes.resolve(alias);
  if (target === null || walk.expanding.includes(target) || isInside(target, alias)) {
    // The same one comes up again in every expansion of what holds it; its words are not put together for nothing.
    if (walk.findings.length < mostFound) report(walk, aliasFindings(alias, target === null ? 'unknown' : 'circular'));
    else walk.isCut = true;
    return undefined;
  }
  const before = walk.expanded;
  walk.expanding.push(target);
  const value = convert(walk, target);
  walk.expanding.pop();
  if (walk.expanded <= aliasBudget) return value;
  // Said once, at the alias where it began; what was read of it so far is of no use to anybody.
  if (before <= aliasBudget && walk.expanding.length === 0) report(walk, aliasFindings(alias, 'bomb'));
  return undefined;
};

const isInside = (target: Node, alias: Node): boolean => offsetOf(target) <= offsetOf(alias) && offsetOf(alias) < endOf(target);

const ascii = /^[\0-\x7f]*$/;

const convertMap = (walk: Walk, map: YAMLMap): RawValue => {
  const result: Record<string, RawValue> = bareMap();
  const seen = new Map<string, Pair>();
  const merges: Pair[] = [];
  if (isMap(map.items[0]?.key) && walk.source.text.startsWith('{{', offsetOf(map))) {
    const written = walk.source.text.slice(offsetOf(map), endOf(map));
    const hint = `quote it: "${written}"`;
    report(walk, [error('yaml-syntax', offsetOf(map), '"{{" is read as a YAML map', hint)]);
    return undefined;
  }
  let belowCut = 0;
  for (const [index, pair] of map.items.entries()) {
    // It is part of the value before, which has been told.
    if ((belowCut -= 1) >= 0) continue;
    if (isMergeKey(pair.key)) {
      merges.push(pair);
      continue;
    }
    const keyNode = isAlias(pair.key) ? walk.nodes.resolve(pair.key) : pair.key;
    const key = keyText(keyNode);
    const wrong = checkKey({ source: walk.source, path: walk.path, keyNode, key, seen });
    report(walk, wrong);
    if (key === null || hasErrors(wrong)) continue;
    seen.set(key, pair);
    if (!ascii.test(key)) seen.set(key.normalize('NFC'), pair);
    if (isExtension(key, walk.path)) continue;
    walk.path.push(key);
    const cut = map.flow === true ? findCutValue(walk.source.text, map.items, index) : null;
    if (cut !== null) {
      report(walk, [cut.finding]);
      walk.path.pop();
      result[key] = undefined;
      belowCut = cut.rest;
      continue;
    }
    const value = convert(walk, pair.value);
    walk.path.pop();
    result[key] = value;
  }
  for (const pair of merges) merge(walk, pair, result);
  return result;
};

/** `x-` keys hold what the author wants; they are free wherever keys are ours to name, but not in maps of names. */
const isExtension = (key: string, path: Path): boolean =>
  key.startsWith('x-') &&
  !(path.length === 1 && (path[0] === 'services' || path[0] === 'environments')) &&
  !(path.length === 3 && path[0] === 'environments' && path[2] === 'services') &&
  !['env', 'headers', 'depends_on', 'ports'].includes(String(path.at(-1)));

/** `<<: *base` or `<<: [*a, *b]`: keys that are not given yet. The map's own win, then the first that has it. */
const merge = (walk: Walk, pair: Pair, result: Record<string, RawValue>): void => {
  const target = walk.nodes.resolve(pair.value);
  for (const source of isSeq(target) ? target.items : [pair.value]) {
    const value = convert(walk, source);
    if (value === undefined) continue;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      const message = `"<<" takes a map, found ${describeNode(source)}`;
      report(walk, [error('wrong-type', offsetOf(source), message, 'write "<<: *name" of a map')]);
      continue;
    }
    for (const [key, item] of Object.entries(value)) if (!Object.hasOwn(result, key)) result[key] = item;
  }
};

const convertScalar = (walk: Walk, node: Scalar): RawValue => {
  const { value } = node;
  const findings = checkScalar(walk.source.text, node, walk.path);
  report(walk, findings);
  if (hasErrors(findings)) return undefined;
  if (typeof value === 'string') return value.includes('$') ? fillInNode(walk, node, value) : value;
  if (value === null || value === undefined) return null;
  if (isTextSpot(walk.path) && node.source !== undefined) return node.source;
  return typeof value === 'number' || typeof value === 'boolean' ? value : (node.source ?? null);
};

const fillInNode = (walk: Walk, node: Scalar, value: string): RawValue => {
  const offset = offsetOf(node);
  const source = walk.source.text.slice(offset, endOf(node));
  const filled = fillIn(walk, { value, path: walk.path, source, offset });
  report(walk, filled.findings);
  return filled.value;
};
