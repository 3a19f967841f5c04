import { dirname } from 'node:path';
import { type Loaded as LoadedConfig, loadStack } from '../../config/load.ts';
import { formatDiagnostic, hasErrors } from '../../domain/diagnostic.ts';
import type { ServiceName, Stack } from '../../domain/service.ts';
import type { ApplyRequest } from '../control.ts';

/** `secrets`: names of environment variables, by service, whose values must not be shown. */
export type Reloaded = { readonly stack: Stack; readonly secrets: LoadedConfig['secrets'] };

/** The stack as its file says now, with what runs already, as far as the file still has it; or what is wrong with the file. */
export const reloadStack = async (
  request: ApplyRequest & { readonly environment: string },
  running: readonly ServiceName[],
): Promise<Reloaded | string> => {
  const { file, environment, profiles, only, noDeps, variables } = request;
  const { stack, diagnostics, secrets } = await loadStack({
    file,
    cwd: dirname(file),
    env: variables,
    environment,
    profiles,
    only,
    also: running,
    noDeps,
  });
  if (stack !== null && !hasErrors(diagnostics)) return { stack, secrets };
  const [first] = diagnostics.filter(({ severity }) => severity === 'error');
  return first === undefined ? `${file} cannot be read` : formatDiagnostic(first);
};
