import type { Diagnostic } from '../domain/diagnostic.ts';
import type { Source } from './source.ts';

/** Nobody reads more errors than this, or more warnings, and a file may be made to hold millions. */
export const mostFindings = 1000;

/** A mistake with its place in the text of the file. */
export type Finding = {
  readonly severity: Diagnostic['severity'];
  readonly code: Diagnostic['code'];
  readonly offset: number;
  readonly message: string;
  readonly hint: string | null;
  /** It is about what the command line asks for. */
  readonly asked?: true;
};

export const toDiagnostic = (source: Source, { severity, code, offset, message, hint, asked }: Finding): Diagnostic => ({
  severity,
  code,
  file: source.file,
  ...source.position(offset),
  message,
  hint,
  ...(asked === undefined ? {} : { asked }),
});

export const error = (code: Finding['code'], offset: number, message: string, hint: string | null): Finding => ({
  severity: 'error',
  code,
  offset,
  message,
  hint,
});

export const warning = (code: Finding['code'], offset: number, message: string, hint: string | null): Finding => ({
  ...error(code, offset, message, hint),
  severity: 'warning',
});
