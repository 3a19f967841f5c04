/**
 * One thing that is wrong, or doubtful, in what the user wrote: where, what, and how to mend it. Every mistake of a file is
 * collected and shown in one run; none is thrown.
 */
export type Diagnostic = {
  readonly severity: 'error' | 'warning' | 'hint';
  /** Stable, kebab-case, for machines: `unknown-key`. */
  readonly code: DiagnosticCode;
  /** As the user named the file. */
  readonly file: string;
  /** 1-based; 1 where the whole file is meant. */
  readonly line: number;
  /** 1-based, in characters. */
  readonly column: number;
  /** What is wrong: one clause, no full stop, names in double quotes. */
  readonly message: string;
  /** How to mend it, imperative; null where nothing general can be said. */
  readonly hint: string | null;
  /** It is about what the command line asks for, and has no place in the file. */
  readonly asked?: true;
};

/** Every code there is. Adding an error for users starts here. */
export const diagnosticCodes = [
  'file-not-found',
  'file-unreadable',
  'file-too-large',
  'not-utf8',
  'empty-file',
  'yaml-syntax',
  'yaml-tab',
  'yaml-alias',
  'yaml-tag',
  'yaml-too-deep',
  'yaml-multiple-documents',
  'comment-swallows-value',
  'octal-looking-number',
  'control-character',
  'duplicate-key',
  'duplicate-name',
  'invalid-name',
  'invalid-key',
  'unknown-key',
  'wrong-type',
  'invalid-value',
  'missing-key',
  'invalid-duration',
  'invalid-size',
  'invalid-url',
  'invalid-pattern',
  'variable-unset',
  'variable-syntax',
  'variable-in-key',
  'include-missing',
  'include-circle',
  'include-unused',
  'environment-unknown',
  'env-file-missing',
  'env-file-syntax',
  'unknown-dependency',
  'inactive-dependency',
  'self-dependency',
  'duplicate-dependency',
  'cycle',
  'condition-impossible',
  'port-duplicate',
  'port-privileged',
  'localhost-literal',
  'log-duplicate',
  'path-missing',
  'path-outside',
  'clean-too-much',
  'cluster-only',
  'command-missing',
  'command-not-executable',
  'command-suspicious',
  'secret-in-command',
  'secret-in-file',
  'unknown-service',
  'unknown-profile',
  'too-many-mistakes',
] as const;

export type DiagnosticCode = (typeof diagnosticCodes)[number];

/** By file, line and column; errors first where they meet. */
export const sortDiagnostics = (diagnostics: readonly Diagnostic[]): Diagnostic[] =>
  [...diagnostics].sort(
    (a, b) =>
      compare(a.file, b.file) ||
      a.line - b.line ||
      a.column - b.column ||
      compare(a.severity, b.severity) ||
      compare(a.message, b.message),
  );

/** `services.yaml:12:5: unknown key "comand" in service "api"; did you mean "command"?` */
export const formatDiagnostic = (diagnostic: Diagnostic): string => {
  const { message, hint, severity } = diagnostic;
  const mark = severity === 'error' ? '' : ` (${severity})`;
  return `${formatPlace(diagnostic)}${message}${mark}${hint === null ? '' : `; ${hint}`}`;
};

/** `services.yaml:12:5: `; of what the command line asked for there is none. */
export const formatPlace = ({ file, line, column, asked }: Diagnostic): string =>
  asked === true ? '' : `${file}:${line}:${column}: `;

export const hasErrors = (diagnostics: readonly Diagnostic[]): boolean =>
  diagnostics.some(({ severity }) => severity === 'error');

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
