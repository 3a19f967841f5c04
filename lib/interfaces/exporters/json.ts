import type { Service, Text } from '../../domain/service.ts';
import type { Exporter, ExportInput } from './exporter.ts';
import { toSource } from './extension.ts';
import { isSecretOf } from './variables.ts';

/**
 * The stack as muster understands it: everything filled in, paths relative to the project, times in milliseconds. One rule holds for
 * every text, as in the file: `${db.port}` is an address, `${TOKEN}` a secret of the caller, and `$$` a `$`. What may be secret (the
 * values of variables that look so, or come from a file; where webhooks are, and what they are signed with) is null.
 */
export const jsonExporter: Exporter = {
  format: 'json',
  summary: 'the resolved stack as data',
  toReference: (name) => `\${${name}}`,
  toFiles: (input) => ({
    files: [{ path: 'stack.json', text: `${JSON.stringify(toPlain(toData(input), input.stack.root), null, 2)}\n` }],
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
    hooks: stack.hooks.commands,
    clean: stack.clean,
    notify: stack.notify.map((webhook) => ({ ...webhook, url: null, secret: null })),
    order: graph.order,
    services: Object.fromEntries([...stack.services].map(([name, service]) => [name, toServiceData(service, input)])),
  };
};

const toServiceData = (service: Service, input: ExportInput): Readonly<Record<string, unknown>> => {
  const isSecret = isSecretOf(input, service.name);
  // The hash is salted per machine and says nothing elsewhere; the name is the key.
  const { definitionHash: _hash, name: _name, env, ...rest } = service;
  return { ...rest, env: Object.fromEntries(Object.entries(env).map(([key, value]) => [key, isSecret(key) ? null : value])) };
};

/** Texts as the file writes them; paths without this machine in front of them. */
const toPlain = (value: unknown, root: string): unknown => {
  if (typeof value === 'string') return toSource(toRelative(value, root));
  if (isMixedText(value)) return toSource(value);
  if (Array.isArray(value)) return value.map((item) => toPlain(item, root));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toPlain(item, root)]));
};

const toRelative = (text: string, root: string): string =>
  text === root ? '.' : text.startsWith(`${root}/`) ? text.slice(root.length + 1) : text;

const isMixedText = (value: unknown): value is Text =>
  Array.isArray(value) && value.some((part) => typeof part === 'object' && part !== null && 'service' in part && 'what' in part);
