import { toPortVariables } from '../domain/port-variables.ts';
import { type BoundPort, markerVariable } from '../domain/process.ts';
import { toHttpAddress, toReachable } from '../domain/resolve/address.ts';
import type { AddressRef, Command, Probe, Service, ServiceName, Stack, Text } from '../domain/service.ts';
import type { ReadyCheck } from '../runtime/probes/probe.ts';
import type { ReadyCommand } from '../runtime/processes.ts';

/** Where a service can be reached on this run. */
export type Address = { readonly host: string; readonly ports: readonly BoundPort[] };
export type AddressOf = (name: ServiceName) => Address | null;

/** Fills in `${api.port}` and its like. A service without a port has an empty one, which `check` has refused before. */
const renderText = (text: Text, addressOf: AddressOf): string =>
  typeof text === 'string' ? text : text.map((part) => (typeof part === 'string' ? part : renderRef(part, addressOf))).join('');

const renderRef = ({ service, what }: AddressRef, addressOf: AddressOf): string => {
  const address = addressOf(service);
  const port = address?.ports[0]?.port ?? '';
  const host = toReachable(address?.host ?? '127.0.0.1');
  if (what === 'host') return host;
  return what === 'port' ? String(port) : toHttpAddress(host, port);
};

export const renderCommand = (command: Command, addressOf: AddressOf): ReadyCommand =>
  command.kind === 'shell'
    ? { line: renderText(command.line, addressOf) }
    : { program: renderText(command.program, addressOf), args: command.args.map((arg) => renderText(arg, addressOf)) };

export const renderCheck = ({ check }: Probe, addressOf: AddressOf): ReadyCheck => {
  switch (check.kind) {
    case 'http':
      return { ...check, url: renderText(check.url, addressOf), headers: renderAll(check.headers, addressOf) };
    case 'tcp':
      return { kind: 'tcp', host: renderText(check.host, addressOf), port: Number(renderText(check.port, addressOf)) };
    case 'exec':
      return { kind: 'exec', command: renderCommand(check.command, addressOf) };
    case 'file':
      return { kind: 'file', path: renderText(check.path, addressOf) };
    case 'log':
    case 'notify':
      return check;
  }
};

const renderAll = (texts: Readonly<Record<string, Text>>, addressOf: AddressOf): Record<string, string> => {
  const rendered = Object.create(null) as Record<string, string>;
  for (const [name, text] of Object.entries(texts)) rendered[name] = renderText(text, addressOf);
  return rendered;
};

export type EnvironmentOptions = {
  readonly service: Service;
  readonly ports: readonly BoundPort[];
  readonly base: Readonly<Record<string, string | undefined>>;
  readonly addressOf: AddressOf;
};

/** Set for a supervisor that nobody is attached to. */
export const backgroundVariable = 'MUSTER_BACKGROUND';

/** For such a supervisor: whom the user of the command that started it has agreed to end, as JSON. */
export const agreedVariable = 'MUSTER_AGREED';
/** The runtime folder in which whoever has started the supervisor waits for it. */
export const folderVariable = 'MUSTER_FOLDER';

/** What concerns our own Node must not reach a service: a debugger port, an IPC channel that is not there, a preloaded module. */
const ownVariables = new Set([
  'NODE_CHANNEL_FD',
  'NODE_CHANNEL_SERIALIZATION_MODE',
  'NODE_OPTIONS',
  'NODE_UNIQUE_ID',
  'NOTIFY_FD',
  markerVariable,
  backgroundVariable,
  agreedVariable,
  folderVariable,
]);

/** What is ours and may be everybody's. */
const inherit = (base: EnvironmentOptions['base']): Record<string, string> => {
  const env = Object.create(null) as Record<string, string>;
  for (const [name, value] of Object.entries(base)) {
    if (value !== undefined && !ownVariables.has(name) && !name.startsWith('npm_')) env[name] = value;
  }
  return env;
};

/** For what belongs to the stack and to no service. */
export const renderStackEnvironment = ({
  stack,
  base,
  addressOf,
}: Pick<EnvironmentOptions, 'base' | 'addressOf'> & {
  readonly stack: Pick<Stack, 'environment' | 'hooks'>;
}): Record<string, string> =>
  Object.assign(inherit(base), { NODE_ENV: stack.environment }, renderAll(stack.hooks.env, addressOf));

/** What is put into the environment of a service, unless it sets it itself: its ports, and which of its replicas it is. */
export const toAddedVariables = ({ replica }: Pick<Service, 'replica'>, ports: readonly BoundPort[]): Record<string, string> => ({
  ...toPortVariables(ports),
  ...(replica === null ? {} : { MUSTER_REPLICA: String(replica.index) }),
});

/** The whole environment of a service: ours, what is added, and its own. */
export const renderEnvironment = ({ service, ports, base, addressOf }: EnvironmentOptions): Record<string, string> =>
  Object.assign(inherit(base), toAddedVariables(service, ports), renderAll(service.env, addressOf));
