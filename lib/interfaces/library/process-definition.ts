import type { Diagnostic } from '../../domain/diagnostic.ts';
import type { LogDefinition, ServiceDefinition, StopDefinition } from './definition.ts';

/** How a single process is started: what it runs, where, with what, and how it ends. */
export type ProcessDefinition = Pick<ServiceDefinition, 'command' | 'cwd' | 'env' | 'env_file'> & {
  readonly log?: Pick<LogDefinition, 'file' | 'split'>;
  readonly port?: number;
  readonly stop?: Pick<StopDefinition, 'signal' | 'timeout'>;
};

/** True: as it is. A list: these of its map. */
const understood: Readonly<Record<string, true | readonly string[]>> = {
  command: true,
  cwd: true,
  env: true,
  env_file: true,
  log: ['file', 'split'],
  port: true,
  stop: ['signal', 'timeout'],
};

/** What a stack would do for a service, and nobody does for a process alone: from a program that nobody has compiled. */
export const findUnheeded = (name: string, definition: object, text: string): readonly Diagnostic[] =>
  Object.entries(definition).flatMap(([key, value]: readonly [string, unknown]) => {
    if (value === undefined) return [];
    const inner = Object.hasOwn(understood, key) ? understood[key] : undefined;
    if (key === 'port' && value === 'auto') return [toDiagnostic(name, 'port: auto', { text, key })];
    if (inner === true) return [];
    if (inner === undefined) return [toDiagnostic(name, key, { text, key })];
    if (typeof value !== 'object' || value === null) return [];
    return Object.keys(value)
      .filter((step) => !inner.includes(step))
      .map((step) => toDiagnostic(name, `${key}.${step}`, { text, key: step }));
  });

type At = { readonly text: string; readonly key: string };

const toDiagnostic = (name: string, what: string, { text, key }: At): Diagnostic => ({
  severity: 'error',
  code: 'unknown-key',
  file: `<${name}>`,
  ...positionOf(text, key),
  message: `"${what}" is for a service of a stack`,
  hint: 'use createStack, or leave it out',
});

/** Of a key in the text that was made from the definition. */
const positionOf = (text: string, key: string): Pick<Diagnostic, 'line' | 'column'> => {
  const before = text.slice(0, Math.max(0, text.search(new RegExp(`"?${key}"?:`)))).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
};
