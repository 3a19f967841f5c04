import type { Diagnostic } from '../domain/diagnostic.ts';
import type { Path } from '../domain/issue.ts';
import { isRawMap, type RawMap } from '../domain/raw.ts';
import { type Collector, createCollector } from './collector.ts';
import { parseSource } from './document.ts';
import type { AddressUse } from './fill-in.ts';
import { toDiagnostic } from './finding.ts';
import type { Variables } from './interpolate.ts';
import { overlay } from './merge-defaults.ts';
import type { Nodes } from './nodes.ts';
import { readPlainValues } from './plain-values.ts';
import type { Source } from './source.ts';
import { type Raw, toRaw } from './to-raw.ts';
import { findTopProblem } from './top-level.ts';
import { validate } from './validate.ts';

/** One file of a stack: what it says, where it says it, and what is wrong with it. */
export type StackFile = {
  readonly source: Source;
  /** As it is written, without the values that are wrong. */
  readonly raw: RawMap;
  /** The block of `environments` that holds on this run; null: the file has none for it. */
  readonly override: { readonly path: Path; readonly raw: RawMap } | null;
  /** The stack level with the override over it; its `services` are as they are written. */
  readonly effective: RawMap;
  readonly nodes: Nodes;
  /** Every `${service.port}` of the file. */
  readonly addresses: readonly AddressUse[];
  /** Paths of keys that nobody knows, whose values are nobody's either. */
  readonly unknownKeys: readonly Path[];
  readonly collector: Collector;
};

/** Text to a file of the stack, or to why it is none. */
export const toStackFile = (source: Source, env: Variables, environment: string): StackFile | readonly Diagnostic[] => {
  const parsed = readPlainValues(source, env) ?? readWhole(source, env);
  if (!('nodes' in parsed)) return parsed;
  const collector = createCollector(source, parsed);
  if (!isRawMap(parsed.value)) return collector.diagnostics();
  const { value: raw, issues } = validate(parsed.value);
  for (const issue of issues) collector.report(issue);
  const unknownKeys = issues.flatMap(({ code, path }) => (code === 'unknown-key' ? [path] : []));
  const override = findOverride(raw, environment);
  const { services: _, ...fields } = override?.raw ?? {};
  const effective = override === null ? raw : overlay(fields, raw);
  return { source, raw, override, effective, nodes: parsed.nodes, addresses: parsed.addresses, unknownKeys, collector };
};

const readWhole = (source: Source, env: Variables): Raw | readonly Diagnostic[] => {
  const { document, findings } = parseSource(source.text);
  if (document === null) return findings.map((finding) => toDiagnostic(source, finding));
  const top = findTopProblem(document, source.text);
  return top === null ? toRaw(document, source, env) : [toDiagnostic(source, top)];
};

/** `testing` is what some tools call `test`, on the command line and in the file. */
const findOverride = (raw: RawMap, environment: string): StackFile['override'] => {
  const blocks = raw['environments'];
  const names = environment === 'test' ? ['test', 'testing'] : [environment];
  const name = isRawMap(blocks) ? names.find((candidate) => Object.hasOwn(blocks, candidate)) : undefined;
  const block = isRawMap(blocks) && name !== undefined ? blocks[name] : undefined;
  return name === undefined || !isRawMap(block) ? null : { path: ['environments', name], raw: block };
};

/** A path without the block of `environments` that it is in; null: that block does not hold on this run. */
export const toEffectivePath = ({ override }: StackFile, path: Path): Path | null => {
  if (path[0] !== 'environments') return path;
  return override !== null && path[1] === override.path[1] ? path.slice(2) : null;
};

/** Where the file says a field of its stack level: in the override, else at the top. */
export const toWrittenPath = ({ override, nodes }: StackFile, path: Path): Path => {
  if (override === null || path.length === 0) return path;
  const overridden = [...override.path, ...path];
  return nodes.has(overridden) ? overridden : path;
};

export const isStackFile = (file: StackFile | readonly Diagnostic[]): file is StackFile => !Array.isArray(file);
