import type { ServiceName } from '../../domain/service.ts';
import type { ExportInput } from './exporter.ts';
import { referencesOf } from './stand-ins.ts';

/** Whether the value of a variable must be left to whoever runs the exported stack. */
export const isSecretOf =
  ({ secrets }: Pick<ExportInput, 'secrets'>, service: ServiceName) =>
  (variable: string): boolean =>
    secrets.get(service)?.has(variable) === true;

/** All variables that are references in what was exported, by name: a list to be filled in. */
export const toEnvExample = ({ secrets, stack }: Pick<ExportInput, 'secrets' | 'stack'>): string | null => {
  const names = new Set<string>();
  for (const [name, service] of stack.services)
    for (const variable of [...(secrets.get(name) ?? []), ...referencesOf(service)]) names.add(variable);
  if (names.size === 0) return null;
  const lines = [...names].sort().map((name) => `${name}=`);
  return `# Fill in, and keep it out of version control.\n${lines.join('\n')}\n`;
};
