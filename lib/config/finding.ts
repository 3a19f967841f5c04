import type { Diagnostic } from '../domain/diagnostic.ts';
import type { Source } from './source.ts';

/** A mistake with its place in the text of the file. */
export type Finding = {
  readonly severity: Diagnostic['severity'];
  readonly code: Diagnostic['code'];
  readonly offset: number;
  readonly message: string;
  readonly hint: string | null;
};

export const toDiagnostic = (source: Source, { severity, code, offset, message, hint }: Finding): Diagnostic => ({
  severity,
  code,
  file: source.file,
  ...source.position(offset),
  message,
  hint,
});
