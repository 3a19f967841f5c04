import type { Diagnostic, DiagnosticCode } from './diagnostic.ts';

/** Where something stands in the raw configuration: `['services', 'web', 'depends_on', 0]`. */
export type Path = readonly (string | number)[];

/** A mistake found in data that knows no lines. The configuration layer turns its path into file, line and column. */
export type Issue = {
  readonly severity: Diagnostic['severity'];
  readonly code: DiagnosticCode;
  readonly path: Path;
  /** Point at the key of the last step instead of its value. */
  readonly atKey?: boolean;
  /** Point at this text inside the value, where the value's source has it. */
  readonly within?: string;
  readonly message: string;
  readonly hint: string | null;
  /** It is about what the command line asks for: no place of the file is wrong. */
  readonly asked?: true;
};

/** Takes issues as they are found. */
export type Report = (issue: Issue) => void;
