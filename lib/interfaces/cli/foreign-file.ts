import path from 'node:path';
import { importers } from '../importers/registry.ts';
import { toCommandLine } from './connect.ts';
import type { CommandContext } from './context.ts';

/** As people call what such a file is for; any other is called by its format. */
const called: Readonly<Record<string, string>> = {
  compose: 'Compose',
  procfile: 'foreman',
  'package.json': 'npm',
  vscode: 'VS Code',
};

/** `-f docker-compose.yml`: all of its mistakes are one. Null: by its name it is no file of another tool. */
export const tellForeign = (context: Pick<CommandContext, 'args' | 'env' | 'cwd'>): string | null => {
  const file = context.args.text('file');
  const importer = importers.find(({ isNamed }) => isNamed(path.basename(file ?? '')));
  if (file === null || importer === undefined) return null;
  const command = toCommandLine(context, ['import', file], null);
  const tool = called[importer.format] ?? importer.format;
  return `muster: by its name, ${file} is a file of ${tool}; "${command}" writes a services.yaml from it`;
};
