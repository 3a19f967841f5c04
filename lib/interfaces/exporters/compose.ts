import { stringify } from 'yaml';
import { fixedPorts } from '../../domain/fixed-ports.ts';
import { portVariablesOf } from '../../domain/port-variables.ts';
import { findAddressee } from '../../domain/replicas.ts';
import type { Dependency, Service, ServiceName, Stack } from '../../domain/service.ts';
import { formatDuration } from '../../util/duration.ts';
import { withNumbers } from './auto-ports.ts';
import { toHealthcheck } from './compose/healthcheck.ts';
import { createImageVariables, toImage } from './compose/image.ts';
import { tellServiceLosses } from './compose/losses.ts';
import { createLossList, type Exporter, type ExportInput, type LossList } from './exporter.ts';
import { toExtension, toStackExtension } from './extension.ts';
import { fixedPort } from './ports.ts';
import { tellStackLosses } from './stack-losses.ts';
import { createTextWriter, type TextWriter } from './text.ts';
import { isSecretOf, toEnvExample, toReferenceName } from './variables.ts';

/**
 * Compose starts containers: a service becomes one, finds the others by their names, and what Compose cannot say travels as
 * `x-muster`, which it ignores. Which image a command runs in is nothing that can be guessed: without one it is a variable that
 * `docker compose` asks for by name.
 */
export const composeExporter: Exporter = {
  format: 'compose',
  summary: 'a Compose file',
  isForImages: true,
  toReference: (name) => `\${${name}}`,
  toFiles: (asked) => {
    const losses = createLossList();
    const input = { ...asked, stack: withNumbers(asked.stack, losses) };
    const { stack } = input;
    const variableOf = createImageVariables(stack);
    tellStackLosses(stack, losses);
    const services = Object.fromEntries(
      [...stack.services.values()].map((service) => [
        service.name,
        toService({ service, input, losses, variable: variableOf(service.name) }),
      ]),
    );
    const extension = escapeAll(toStackExtension(stack, input.folder ?? stack.root));
    const document = {
      name: toProjectName(stack, losses),
      services,
      ...(extension === undefined ? {} : { 'x-muster': extension }),
    };
    // Always in quotes: `no`, `1e3` and `22:22` mean other things to older readers.
    const text = stringify(document, { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN', lineWidth: 0 });
    const example = toEnvExample(text, input);
    return {
      files: [
        { path: 'compose.yaml', text },
        ...(example === null ? [] : [{ path: '.env.example', text: example, isBeside: true } as const]),
      ],
      losses: losses.all(),
    };
  },
};

type ServiceInput = {
  readonly service: Service;
  readonly input: ExportInput;
  readonly losses: LossList;
  /** Asks for its image where it names none. */
  readonly variable: string;
};

const toService = ({ service, input, losses, variable }: ServiceInput): Readonly<Record<string, unknown>> => {
  const { services, root } = input.stack;
  const write = createWriter(service, services);
  const folder = input.folder ?? root;
  const image = toImage(service, { folder, variable, escape });
  if (image.asked !== null) losses.lose(service.name, `its image: Compose runs containers, and asks for ${image.asked}`);
  else if (service.cwd !== root) losses.lose(service.name, 'its folder: set working_dir to its place in the image');
  tellServiceLosses(service, input.stack, losses);
  const healthcheck = toHealthcheck(service, write);
  return withoutNothing({
    ...image.fields,
    command: toCommand(service, write),
    environment: toEnvironment(service, input, write),
    ports: toPublished(service),
    depends_on: toDependencies(service, services),
    healthcheck,
    restart: toRestart(service),
    stop_signal: service.stop.signal,
    stop_grace_period: formatDuration(service.stop.timeout),
    profiles: service.profiles.length === 0 ? undefined : service.profiles,
    init: true,
    'x-muster': escapeAll(toExtension(service, input.stack, folder)),
  });
};

/** Compose fills in `$NAME` and `${NAME}` itself; what is meant literally has two. */
const escape = (text: string): string => text.replaceAll('$', '$$$$');

/** Others are found by their names, the service itself on its own loopback. */
const createWriter = (self: Service, services: ReadonlyMap<ServiceName, Service>): TextWriter =>
  createTextWriter(({ service: name, what }) => {
    const service = findAddressee(services, name);
    const port = service === undefined ? null : fixedPort(service);
    const host = service === self ? '127.0.0.1' : (service?.name ?? name);
    if (what === 'host') return host;
    return what === 'port' ? String(port ?? '') : `http://${host}:${port ?? ''}`;
  }, escape);

/** Without one of its own it runs what its image says. */
const toCommand = ({ command }: Service, write: TextWriter): readonly string[] | undefined => {
  if (command.kind === 'shell') return ['/bin/sh', '-c', write(command.line)];
  return command.program === '' ? undefined : [write(command.program), ...command.args.map(write)];
};

const toEnvironment = (service: Service, input: ExportInput, write: TextWriter): Readonly<Record<string, string>> | undefined => {
  const isSecret = isSecretOf(input, service.name);
  const variables: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of Object.entries(portVariablesOf(service))) variables[name] = value;
  for (const [name, text] of Object.entries(service.env))
    variables[name] = isSecret(name) ? `\${${toReferenceName(name)}}` : write(text);
  return Object.keys(variables).length === 0 ? undefined : { ...variables };
};

/** On the loopback only, as they are here; a service that listens on all addresses is published on all. */
const toPublished = (service: Service): readonly string[] | undefined => {
  const isWild = service.host === '0.0.0.0' || service.host === '::';
  const ports = fixedPorts(service).map(({ port }) => (isWild ? `${port}:${port}` : `127.0.0.1:${port}:${port}`));
  return ports.length === 0 ? undefined : ports;
};

const conditions = {
  started: 'service_started',
  healthy: 'service_healthy',
  completed: 'service_completed_successfully',
} as const;

const toDependencies = (
  { dependsOn }: Service,
  services: ReadonlyMap<ServiceName, Service>,
): Readonly<Record<string, unknown>> | undefined =>
  dependsOn.length === 0 ? undefined : Object.fromEntries(dependsOn.map((edge) => [edge.on, toEdge(edge, services)]));

const toEdge = (edge: Dependency, services: ReadonlyMap<ServiceName, Service>): Readonly<Record<string, unknown>> => {
  const target = services.get(edge.on);
  // Compose has a healthcheck for what is asked again and again; what gives a sign once counts as started there.
  const isProven = target !== undefined && target.health !== null;
  const condition = edge.condition === 'healthy' && !isProven ? conditions.started : conditions[edge.condition];
  const own = withoutNothing({
    condition: condition === conditions[edge.condition] ? undefined : edge.condition,
    wait_up_to: edge.waitUpTo === null ? undefined : formatDuration(edge.waitUpTo),
    on_loss: edge.onLoss === 'ignore' ? undefined : edge.onLoss,
  });
  return withoutNothing({
    condition,
    required: edge.required ? undefined : false,
    restart: edge.restart ? true : undefined,
    'x-muster': Object.keys(own).length === 0 ? undefined : own,
  });
};

/** `on-failure:0` would mean that Docker never gives up. */
const toRestart = ({ restart }: Service): string => {
  if (restart.policy === 'no' || (restart.policy === 'on-failure' && restart.max === 0)) return 'no';
  return restart.policy === 'always' ? 'always' : `on-failure:${restart.max}`;
};

/** Lower case letters, digits, `-` and `_`, and one of the first two in front. */
const toProjectName = ({ name }: Stack, { lose }: LossList): string => {
  const written =
    name
      .toLowerCase()
      .replaceAll(/[^a-z0-9_-]/g, '-')
      .replace(/^[-_]+/, '') || 'stack';
  if (written !== name) lose(null, `the stack is called "${written}" there`);
  return written;
};

/** What is in `x-muster` is filled in by Compose, too. */
const escapeAll = (value: unknown): unknown => {
  if (typeof value === 'string') return escape(value);
  if (Array.isArray(value)) return value.map(escapeAll);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, escapeAll(item)] as const);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
};

const withoutNothing = (fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
