import type { ErrorObject } from 'ajv';
import type { Issue, Path } from '../domain/issue.ts';
import { isRawMap, type RawMap, type RawValue } from '../domain/raw.ts';
import { findPatternProblem } from '../util/pattern.ts';
import { mostFindings } from './finding.ts';
import check from './generated/validator.js';
import { toIssue } from './messages.ts';
import { findNameProblem } from './names.ts';

export type Validated = {
  /** The same data without the values that are wrong: they are `undefined`, so that nothing stumbles over them again. */
  readonly value: RawMap;
  readonly issues: readonly Issue[];
};

/**
 * Plain data against the schema. Every mistake gives one issue: what follows from it is left out, as are the findings
 * about values that were reported before (`undefined`). Changes `raw`, which belongs to this run alone.
 */
export const validate = (raw: RawMap): Validated => {
  const issues = takeOutNames(raw);
  if (!check(raw)) {
    const errors = (check.errors ?? []).filter((error) => counts(error, raw)).slice(0, mostFindings + 1);
    const bySpot = new Map<string, Issue>();
    for (const error of errors) {
      const issue = toIssue(error);
      const spot = `${JSON.stringify(issue.path)}${issue.atKey === true}`;
      if (!bySpot.has(spot)) bySpot.set(spot, issue);
    }
    const found = [...bySpot.values()];
    for (const issue of found) {
      if (issue.code === 'missing-key' && isExplained(issue, found)) continue;
      if (issue.code === 'unknown-key' && issue.hint === commandHint) markMisspelt(raw, issue.path);
      issues.push(issue, ...misplacedPattern(issue, raw));
      if (issue.code !== 'missing-key') takeOut(raw, issue.path);
    }
  }
  return { value: raw, issues };
};

/** Which findings say something of their own. */
const counts = ({ keyword, schemaPath, instancePath, data, params }: ErrorObject, raw: RawMap): boolean => {
  // The rest of a map is judged whatever its checks are; how many there may be is said in better words elsewhere.
  if (schemaPath.includes('/oneOf') || keyword === 'propertyNames' || keyword === 'if') return false;
  // Service names have rules, and words, of their own.
  if (schemaPath.includes('/propertyNames/')) return instancePath !== '/services';
  if (data === undefined) return false;
  if (keyword !== 'required') return true;
  const missing = String(params['missingProperty']);
  if (isRawMap(data as RawValue) && Object.hasOwn(data as object, missing)) return false;
  if (missing === 'services' && (Object.hasOwn(raw, 'include') || Object.hasOwn(raw, 'environments'))) return false;
  // Whether a service has a command is known once everything that says something about it is put together.
  return missing !== 'command' || instancePath.includes('/hooks/');
};

/** A missing key needs no words when a misspelt one beside it is told its right name. */
const isExplained = ({ path }: Issue, others: readonly Issue[]): boolean => {
  const hint = path.length === 0 ? 'did you mean "services"?' : commandHint;
  return others.some(
    (other) =>
      other.code === 'unknown-key' &&
      other.path.length === path.length + 1 &&
      path.every((step, index) => other.path[index] === step) &&
      other.hint === hint,
  );
};

/** `log` under `health` belongs elsewhere, and its pattern is looked at all the same. */
const misplacedPattern = ({ code, path }: Issue, raw: RawMap): Issue[] => {
  if (code !== 'unknown-key' || path.at(-2) !== 'health' || path.at(-1) !== 'log') return [];
  const pattern = path.reduce<unknown>(
    (value, step) => (typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined),
    raw,
  );
  const problem = typeof pattern === 'string' ? findPatternProblem(pattern) : null;
  return problem === null
    ? []
    : [{ severity: 'error', code: 'invalid-pattern', path, message: problem.problem, hint: problem.hint }];
};

const commandHint = 'did you mean "command"?';

/** A service whose command is misspelt has one that is wrong, and not none. */
const markMisspelt = (raw: RawMap, path: Path): void => takeOut(raw, [...path.slice(0, -1), 'command']);

/** Every block of the file that holds services: its own, and those of its environments. */
const blocksOf = (raw: RawMap): { readonly path: Path; readonly block: RawMap }[] => {
  const environments = raw['environments'];
  return [
    { path: [], block: raw },
    ...Object.entries(isRawMap(environments) ? environments : {}).flatMap(([name, block]) =>
      isRawMap(block) ? [{ path: ['environments', name], block }] : [],
    ),
  ];
};

const takeOutNames = (raw: RawMap): Issue[] => {
  const issues: Issue[] = [];
  for (const { path, block } of blocksOf(raw)) {
    const services = block['services'];
    for (const name of Object.keys(isRawMap(services) ? services : {})) {
      const problem = findNameProblem(name);
      if (problem === null) continue;
      issues.push({ severity: 'error', ...problem, path: [...path, 'services', name] });
      takeOut(block, ['services', name]);
    }
  }
  return issues;
};

/** Sets the value at a path to `undefined`. */
const takeOut = (raw: RawValue, path: Path): void => {
  let parent: unknown = raw;
  for (const step of path.slice(0, -1))
    parent = typeof parent === 'object' && parent !== null ? Reflect.get(parent, step) : undefined;
  const last = path.at(-1);
  if (last !== undefined && typeof parent === 'object' && parent !== null) Reflect.set(parent, last, undefined);
};
