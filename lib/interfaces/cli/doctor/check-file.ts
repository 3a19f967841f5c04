import { formatDiagnostic } from '../../../domain/diagnostic.ts';
import type { Check, Finding } from './finding.ts';

/** Everything that `check` says: mistakes, and programs, folders and env files that are missing. */
export const checkFile: Check = ({ diagnostics, toType }) =>
  diagnostics
    .filter(({ severity }) => severity !== 'hint')
    .map(
      (diagnostic): Finding => ({
        code: `file-${diagnostic.code}`,
        severity: diagnostic.severity === 'error' ? 'error' : 'warning',
        text: formatDiagnostic({ ...diagnostic, hint: null }),
        mend: diagnostic.hint ?? toType(['check']),
      }),
    );
