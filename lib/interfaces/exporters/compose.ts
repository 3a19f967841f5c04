import path from 'node:path';
import { stringify } from 'yaml';
import { findAddressee } from '../../domain/replicas.ts';
import { isLoopback } from '../../domain/resolve/address.ts';
import type { Dependency, Service, ServiceName, Stack } from '../../domain/service.ts';
import { formatDuration } from '../../util/duration.ts';
import { withNumbers } from './auto-ports.ts';
import { toHealthcheck } from './compose/healthcheck.ts';
import { createLossList, type Exporter, type ExportInput, type LossList } from './exporter.ts';
import { toExtension } from './extension.ts';
import { fixedPort, fixedPorts, toPortVariables } from './ports.ts';
import { createTextWriter, type TextWriter } from './text.ts';
import { isSecretOf, toEnvExample } from './variables.ts';

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
    const services = Object.fromEntries(
      [...stack.services.values()].map((service) => [service.name, toService({ service, input, losses })]),
    );
    const document = { name: toProjectName(stack, losses), services };
    // Always in quotes: `no`, `1e3` and `22:22` mean other things to older readers.
    const text = stringify(document, { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN', lineWidth: 0 });
    const example = toEnvExample(input);
    return {
      files: [
        { path: 'compose.yaml', text },
        ...(example === null ? [] : [{ path: '.env.example', text: example, isBeside: true } as const]),
      ],
      losses: losses.all(),
    };
  },
};

type ServiceInput = { readonly service: Service; readonly input: ExportInput; readonly losses: LossList };

const toService = ({ service, input, losses }: ServiceInput): Readonly<Record<string, unknown>> => {
  const { services, root } = input.stack;
  const write = createWriter(service, services);
  const image = toImage(service, root);
  if (image.isAsked) losses.lose(service.name, `its image: Compose runs containers, and asks for ${image.variable}`);
  if (!image.isAsked && service.cwd !== root) losses.lose(service.name, 'its folder: set working_dir to its place in the image');
  if (service.ports.length > 0 && isLoopback(service.host))
    losses.lose(service.name, `that it listens on ${service.host}: in a container it has to listen on 0.0.0.0 to be reached`);
  if (service.ready !== null && service.health === null)
    losses.lose(service.name, `that it is ready by ${service.ready.check.kind}: Compose knows only healthchecks`);
  const healthcheck = toHealthcheck(service, write);
  return withoutNothing({
    ...image.fields,
    command: toCommand(service, write),
    environment: toEnvironment(service, input, write),
    ports: toPublished(service),
    depends_on: toDependencies(service, services, losses),
    healthcheck,
    restart: toRestart(service, losses),
    stop_signal: service.stop.signal,
    stop_grace_period: formatDuration(service.stop.timeout),
    profiles: service.profiles.length === 0 ? undefined : service.profiles,
    init: true,
    'x-muster': escapeAll(toExtension(service, root)),
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

type Image = {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly isAsked: boolean;
  readonly variable: string;
};

/** What the file says; else it is asked for, because nobody can guess it. */
const toImage = ({ name, cluster }: Service, root: string): Image => {
  const variable = `${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}_IMAGE`;
  const image = cluster.image === null ? {} : { image: escape(cluster.image) };
  if (cluster.build !== null) {
    const { context, dockerfile, args, target } = cluster.build;
    const build = withoutNothing({
      context: escape(path.relative(root, context) || '.'),
      dockerfile: dockerfile === 'Dockerfile' ? undefined : escape(dockerfile),
      args: escapeAll(args),
      target: target === null ? undefined : escape(target),
    });
    return { fields: { ...image, build }, isAsked: false, variable };
  }
  if (cluster.image !== null) return { fields: image, isAsked: false, variable };
  return { fields: { image: `\${${variable}:?an image that can run ${name}}` }, isAsked: true, variable };
};

/** Without one of its own it runs what its image says. */
const toCommand = ({ command }: Service, write: TextWriter): readonly string[] | undefined => {
  if (command.kind === 'shell') return ['/bin/sh', '-c', write(command.line)];
  return command.program === '' ? undefined : [write(command.program), ...command.args.map(write)];
};

const toEnvironment = (service: Service, input: ExportInput, write: TextWriter): Readonly<Record<string, string>> | undefined => {
  const isSecret = isSecretOf(input, service.name);
  const variables: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of Object.entries(toPortVariables(service))) variables[name] = value;
  for (const [name, text] of Object.entries(service.env)) variables[name] = isSecret(name) ? `\${${name}}` : write(text);
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
  { name, dependsOn }: Service,
  services: ReadonlyMap<ServiceName, Service>,
  { lose }: LossList,
): Readonly<Record<string, unknown>> | undefined => {
  if (dependsOn.length === 0) return undefined;
  return Object.fromEntries(
    dependsOn.map((edge) => {
      if (edge.waitUpTo !== null) lose(name, `"wait_up_to" of its dependency on ${edge.on}`);
      if (edge.onLoss !== 'ignore') lose(name, `"on_loss" of its dependency on ${edge.on}`);
      return [edge.on, toEdge(edge, services)];
    }),
  );
};

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

const toRestart = ({ name, restart, hooks, type }: Service, { lose }: LossList): string => {
  if (Object.keys(hooks).length > 0) lose(name, 'its hooks');
  if (restart.neverOn.length > 0) lose(name, '"never_on" of its restart policy');
  if (restart.onUnhealthy) lose(name, '"on_unhealthy" of its restart policy: Compose never restarts what is unhealthy');
  if (restart.policy === 'no' || (type === 'task' && restart.max === 0)) return 'no';
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
