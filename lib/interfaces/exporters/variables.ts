import type { ServiceName } from '../../domain/service.ts';
import type { ExportInput } from './exporter.ts';
import { findReferences } from './stand-ins.ts';

/** Whether the value of a variable must be left to whoever runs the exported stack. */
export const isSecretOf =
  ({ secrets }: Pick<ExportInput, 'secrets'>, service: ServiceName) =>
  (variable: string): boolean =>
    secrets.get(service)?.has(variable) === true;

/** What the value of a secret variable is called where it is a reference: a service may call its own `a.b`, a shell may not. */
export const toReferenceName = (variable: string): string => variable.replaceAll(/[^A-Za-z0-9_]/g, '_').replace(/^(?=\d)/, '_');

/** All variables that are references in the text that is exported, by name: a list to be filled in. Null: there are none. */
export const toEnvExample = (text: string, { secrets, stack }: Pick<ExportInput, 'secrets' | 'stack'>): string | null => {
  const own = [...stack.services.keys()].flatMap((name) => [...(secrets.get(name) ?? [])]);
  const names = new Set([...own.map(toReferenceName), ...findReferences(text)]);
  if (names.size === 0) return null;
  const lines = [...names].sort().map((name) => `${name}=`);
  return `# Fill in, and keep it out of version control.\n${lines.join('\n')}\n`;
};
