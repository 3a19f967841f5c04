import type { ServiceName } from '../../domain/service.ts';
import type { ExportInput } from './exporter.ts';

/** Whether the value of a variable must be left to whoever runs the exported stack. */
export const isSecretOf =
  ({ secrets }: Pick<ExportInput, 'secrets'>, service: ServiceName) =>
  (variable: string): boolean =>
    secrets.get(service)?.has(variable) === true;

/** All variables that are references in what was exported, by name: a list to be filled in. */
export const toEnvExample = ({ secrets, stack }: Pick<ExportInput, 'secrets' | 'stack'>): string | null => {
  const names = new Set<string>();
  for (const name of stack.services.keys()) for (const variable of secrets.get(name) ?? []) names.add(variable);
  if (names.size === 0) return null;
  const lines = [...names].sort().map((name) => `${name}=`);
  return `# Fill in, and keep it out of version control.\n${lines.join('\n')}\n`;
};
