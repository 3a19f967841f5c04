import { type Diagnostic, sortDiagnostics } from '../domain/diagnostic.ts';
import type { Issue, Path, Report } from '../domain/issue.ts';
import { unmark } from '../domain/text.ts';
import { hideAll } from '../util/secrets.ts';
import { toVisible } from './characters.ts';
import type { SecretUse } from './fill-in.ts';
import { type Finding, mostFindings, toDiagnostic } from './finding.ts';
import type { Place } from './nodes.ts';
import type { Source } from './source.ts';
import type { FindingAt, Raw } from './to-raw.ts';

/** Takes what every step finds in one file, and turns it into diagnostics once everything is known. Paths are those of the file. */
export type Collector = {
  readonly report: Report;
  readonly add: (finding: FindingAt) => void;
  /** Where a variable need not be set, because nothing of this run uses the value. */
  readonly ignoreVariablesAt: (isUnused: (path: Path) => boolean) => void;
  /** Text about the value at a path, with what secret variables gave it shown as stars. */
  readonly hide: (text: string, path: Path) => string;
  /** `3:32`. */
  readonly spot: (path: Path, atKey: boolean) => string;
  readonly diagnostics: () => Diagnostic[];
};

/**
 * One spot may be wrong in several ways of these kinds. Of every other kind, a second finding at the same spot is the same
 * mistake again: that of an anchor, or of the defaults, told by each service that has it.
 */
const manyAtOnce: ReadonlySet<Diagnostic['code']> = new Set(['cycle', 'port-duplicate', 'unknown-service', 'unknown-profile']);

export const createCollector = (source: Source, raw: Raw): Collector => {
  const findings: FindingAt[] = [...raw.findings];
  const hide = createRedactor(raw.secrets);
  const counts = { errors: 0, others: 0 };
  let isUnused: (path: Path) => boolean = () => false;

  const locate = (path: Path, atKey: boolean): Place => {
    // The file as a whole: what the command line names has no place in it.
    if (path.length === 0) return { ...raw.nodes.locate(path), offset: 0 };
    return raw.nodes.locate(path, atKey);
  };

  const report: Report = ({ path, atKey = false, within, ...rest }: Issue) => {
    // What is too much is not located either. Warnings have a count of their own: they must never crowd out an error.
    const kind = rest.severity === 'error' ? 'errors' : 'others';
    counts[kind] += 1;
    if (counts[kind] > mostFindings) return;
    const place = locate(path, atKey);
    const inside = within === undefined ? -1 : source.text.slice(place.offset, place.end).indexOf(unmark(within));
    findings.push({ ...rest, path, offset: place.offset + Math.max(0, inside) });
  };

  const isIgnored = ({ code, path }: FindingAt): boolean => code === 'variable-unset' && isUnused(path);

  const diagnostics = (): Diagnostic[] => {
    const bySpot = new Map<string, Diagnostic>();
    for (const finding of findings) {
      if (isIgnored(finding)) continue;
      const clean = (text: string): string => toVisible(unmark(hide(text, finding.path)));
      const message = clean(finding.message);
      const hint = finding.hint === null ? null : clean(finding.hint);
      const spot = `${finding.offset}\0${finding.code}\0${manyAtOnce.has(finding.code) ? message : ''}`;
      if (!bySpot.has(spot)) bySpot.set(spot, toDiagnostic(source, { ...finding, message, hint }));
    }
    return cut(sortDiagnostics([...bySpot.values()]));
  };

  /** The first ones, and a word about the rest. */
  const cut = (sorted: readonly Diagnostic[]): Diagnostic[] => {
    const errors = sorted.filter(({ severity }) => severity === 'error');
    const isCut =
      raw.isCut || Math.max(counts.errors, counts.others, errors.length, sorted.length - errors.length) > mostFindings;
    if (!isCut) return [...sorted];
    const lastError = errors[mostFindings - 1];
    const kept =
      errors.length > 0 ? sorted.slice(0, lastError === undefined ? undefined : sorted.indexOf(lastError) + 1) : sorted;
    const rest: Finding = {
      severity: raw.isCut || errors.length > 0 ? 'error' : 'warning',
      code: 'too-many-mistakes',
      offset: source.text.length,
      message: `more than ${mostFindings} ${errors.length > 0 ? 'mistakes' : 'warnings'}`,
      hint: 'mend these first',
    };
    return [...kept, toDiagnostic(source, rest)];
  };

  return {
    report,
    add: (finding) => findings.push(finding),
    ignoreVariablesAt: (test) => {
      isUnused = test;
    },
    hide,
    spot: (path, atKey) => {
      const { line, column } = source.position(locate(path, atKey).offset);
      return `${line}:${column}`;
    },
    diagnostics,
  };
};

/** Shorter values are no secrets worth the name, and would turn messages into stars. */
const shortestSecret = 3;

/** Text about the value at a path, or about one around or inside it, with what secret variables gave shown as `***`. */
const createRedactor = (secrets: readonly SecretUse[]): ((text: string, path: Path) => string) => {
  const byTop = new Map<string, SecretUse[]>();
  const top = (path: Path): string => path.slice(0, 2).join('\0');
  for (const use of secrets) {
    if (use.value.length < shortestSecret) continue;
    const known = byTop.get(top(use.path));
    if (known === undefined) byTop.set(top(use.path), [use]);
    else known.push(use);
  }
  const meets = (a: Path, b: Path): boolean => a.every((step, index) => index >= b.length || String(step) === String(b[index]));
  const usesAt = (path: Path): SecretUse[] => (byTop.get(top(path)) ?? []).filter((use) => meets(use.path, path));
  return (text, path) =>
    hideAll(
      text,
      usesAt(path).map(({ value }) => value),
    );
};
