import { dirname } from 'node:path';
import { loadStack } from '../../../config/load.ts';
import { formatDiagnostic, hasErrors } from '../../../domain/diagnostic.ts';
import type { ServiceName, Stack } from '../../../domain/service.ts';
import type { ApplyRequest } from '../../control.ts';

/** The stack as its file says now, with what runs already, as far as the file still has it; or what is wrong with the file. */
export const reloadStack = async (
  request: ApplyRequest & { readonly environment: string },
  running: readonly ServiceName[],
): Promise<Stack | string> => {
  const { file, environment, profiles, only, noDeps, variables } = request;
  const { stack, diagnostics } = await loadStack({
    file,
    cwd: dirname(file),
    env: variables,
    environment,
    profiles,
    only,
    also: running,
    noDeps,
  });
  if (stack !== null && !hasErrors(diagnostics)) return stack;
  const [first] = diagnostics.filter(({ severity }) => severity === 'error');
  return first === undefined ? `${file} cannot be read` : formatDiagnostic(first);
};
