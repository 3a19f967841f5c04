import { type Diagnostic, sortDiagnostics } from '../domain/diagnostic.ts';
import type { Issue, Path, Report } from '../domain/issue.ts';
import { unmark } from '../domain/text.ts';
import { toVisible } from './characters.ts';
import { toDiagnostic } from './finding.ts';
import type { Place } from './nodes.ts';
import type { Source } from './source.ts';
import type { FindingAt, Raw } from './to-raw.ts';

/** Takes what every step finds, and turns it into diagnostics once everything is known. */
export type Collector = {
  readonly report: Report;
  readonly add: (finding: FindingAt) => void;
  readonly addDiagnostics: (diagnostics: readonly Diagnostic[]) => void;
  /** Values that are shown as `***`. */
  readonly addSecrets: (values: Iterable<string>) => void;
  /** Variables that only services use which do not take part need not be set. */
  readonly ignoreVariablesOf: (names: readonly string[]) => void;
  /** `3:32`. */
  readonly spot: (path: Path, atKey: boolean) => string;
  readonly diagnostics: () => Diagnostic[];
};

/** Shorter values are no secrets worth the name, and would turn messages into stars. */
const shortestSecret = 4;

export const createCollector = (source: Source, raw: Raw): Collector => {
  const findings: FindingAt[] = [...raw.findings];
  const others: Diagnostic[] = [];
  const secrets = new Set(raw.secretValues);
  let ignored: ReadonlySet<string> = new Set();

  /** A field that the service itself does not have comes from the defaults block. */
  const locate = (path: Path, atKey: boolean): Place => {
    const { nodes } = raw;
    const shared = ['defaults', ...path.slice(2)];
    if (path[0] === 'services' && path.length > 2 && !nodes.has(path) && nodes.has(shared)) return nodes.locate(shared, atKey);
    // The file as a whole: what the command line names has no place in it.
    if (path.length === 0) return { ...nodes.locate(path), offset: 0 };
    return nodes.locate(path, atKey);
  };

  const report: Report = ({ path, atKey = false, within, ...rest }: Issue) => {
    const place = locate(path, atKey);
    const inside = within === undefined ? -1 : source.text.slice(place.offset, place.end).indexOf(unmark(within));
    findings.push({ ...rest, path, offset: place.offset + Math.max(0, inside) });
  };

  const clean = (text: string): string => {
    let safe = unmark(text);
    for (const secret of secrets) if (secret.length >= shortestSecret) safe = safe.replaceAll(secret, '***');
    return toVisible(safe);
  };

  const isIgnored = ({ code, path }: FindingAt): boolean =>
    code === 'variable-unset' && path[0] === 'services' && ignored.has(String(path[1]));

  const diagnostics = (): Diagnostic[] => {
    const byText = new Map<string, Diagnostic>();
    const found = findings.filter((finding) => !isIgnored(finding)).map((finding) => toDiagnostic(source, finding));
    for (const one of [...found, ...others]) {
      const message = clean(one.message);
      const hint = one.hint === null ? null : clean(one.hint);
      byText.set(`${one.file}\0${one.line}\0${one.column}\0${message}`, { ...one, message, hint });
    }
    return sortDiagnostics([...byText.values()]);
  };

  return {
    report,
    add: (finding) => findings.push(finding),
    addDiagnostics: (more) => others.push(...more),
    addSecrets: (values) => {
      for (const value of values) secrets.add(value);
    },
    ignoreVariablesOf: (names) => {
      ignored = new Set(names);
    },
    spot: (path, atKey) => {
      const { line, column } = source.position(locate(path, atKey).offset);
      return `${line}:${column}`;
    },
    diagnostics,
  };
};
