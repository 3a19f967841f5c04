import type { Service, Text } from '../../domain/service.ts';
import type { Exporter, ExportInput } from './exporter.ts';
import { toSource } from './extension.ts';
import { isSecretOf } from './variables.ts';

/**
 * The stack as muster understands it: everything filled in, paths relative to the project, times in milliseconds. The values of
 * variables that look secret, or come from a file, are null.
 */
export const jsonExporter: Exporter = {
  format: 'json',
  summary: 'the resolved stack as data',
  toReference: (name) => `\${${name}}`,
  toFiles: (input) => ({
    files: [{ path: 'stack.json', text: `${JSON.stringify(toData(input), null, 2)}\n` }],
    losses: [],
  }),
};

const toData = (input: ExportInput): Readonly<Record<string, unknown>> => {
  const { stack, graph } = input;
  return {
    name: stack.name,
    environment: stack.environment,
    maxParallel: stack.maxParallel,
    bootTimeout: stack.bootTimeout,
    shutdownDeadline: stack.shutdownDeadline,
    order: graph.order,
    services: Object.fromEntries([...stack.services].map(([name, service]) => [name, toServiceData(service, input)])),
  };
};

const toServiceData = (service: Service, input: ExportInput): Readonly<Record<string, unknown>> => {
  const { root } = input.stack;
  const isSecret = isSecretOf(input, service.name);
  // The hash is salted per machine and says nothing elsewhere; the name is the key.
  const { definitionHash: _hash, name: _name, env, ...rest } = service;
  const data = {
    ...rest,
    env: Object.fromEntries(Object.entries(env).map(([key, value]) => [key, isSecret(key) ? null : value])),
  };
  return JSON.parse(JSON.stringify(data, (_, value: unknown) => toPlain(value, root))) as Readonly<Record<string, unknown>>;
};

/** Texts with addresses as the file writes them; paths without this machine in front of them. */
const toPlain = (value: unknown, root: string): unknown => {
  if (isMixedText(value)) return toSource(value);
  if (typeof value !== 'string') return value;
  return value === root ? '.' : value.startsWith(`${root}/`) ? value.slice(root.length + 1) : value;
};

const isMixedText = (value: unknown): value is Text =>
  Array.isArray(value) && value.some((part) => typeof part === 'object' && part !== null && 'service' in part && 'what' in part);
