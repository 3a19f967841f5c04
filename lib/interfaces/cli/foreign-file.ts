import path from 'node:path';
import { formatOfName } from '../importers/find.ts';
import { toCommandLine } from './connect.ts';
import type { CommandContext } from './context.ts';

/** `-f docker-compose.yml`: all of its mistakes are one. Null: by its name it is no file of another tool. */
export const tellForeign = ({ args, env, cwd }: Pick<CommandContext, 'args' | 'env' | 'cwd'>): string | null => {
  const file = args.text('file');
  const format = file === null ? null : formatOfName(path.basename(file));
  if (file === null || format === null) return null;
  const command = toCommandLine({ args: { ...args, text: () => null }, env, cwd }, ['import', file]);
  return `muster: ${file} is not a services.yaml, but a file of ${format}; "${command}" writes one from it`;
};
