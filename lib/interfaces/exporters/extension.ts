import { defaultLog, defaultRestart, defaults } from '../../domain/defaults.ts';
import type { Probe, Service, Text } from '../../domain/service.ts';
import { formatDuration } from '../../util/duration.ts';

/**
 * The fields of `services.yaml` that another format has no word for, as they would stand there: what is at its default is left
 * out. It travels as `x-muster` in formats that keep such keys, so that the way back loses nothing.
 */
export const toExtension = (service: Service, root: string): Readonly<Record<string, unknown>> => {
  const { startupDelay, waitBeforeStart, healthTimeout, portRange, restart, log } = service;
  return without({
    type: service.type === 'task' ? 'task' : undefined,
    label: service.label === service.name ? undefined : service.label,
    cwd: toRelative(service.cwd, root),
    optional: service.optional || undefined,
    port_conflict: service.portConflict === defaults.portConflict ? undefined : service.portConflict,
    port_range: portRange === null ? undefined : `${portRange[0]}-${portRange[1]}`,
    ports: toPorts(service),
    host: service.host === defaults.host ? undefined : service.host,
    startup_delay: startupDelay === 0 ? undefined : formatDuration(startupDelay),
    wait_before_start: waitBeforeStart === 0 ? undefined : formatDuration(waitBeforeStart),
    health_timeout:
      healthTimeout === null || healthTimeout === defaults.healthTimeout ? undefined : formatDuration(healthTimeout),
    health: service.health === null ? undefined : toProbeFields(service.health),
    ready: isSameProbe(service) ? undefined : service.ready === null ? undefined : toProbeFields(service.ready),
    restart: sameRestart(restart) ? undefined : toRestartFields(restart),
    stop: service.stop.command === null ? undefined : { command: toCommandField(service.stop.command) },
    log:
      log.maxSize === defaultLog.maxSize && log.keep === defaultLog.keep && log.split === defaultLog.split
        ? undefined
        : { max_size: String(log.maxSize), keep: log.keep, split: log.split },
    watch: toWatchFields(service.watch),
    hooks: toHookFields(service.hooks),
    expose: service.cluster.expose === null ? undefined : (service.cluster.expose.host ?? true),
    resources: toResources(service),
    inputs: service.inputs ?? undefined,
    clean: service.clean?.globs,
  });
};

const toResources = ({ cluster: { resources } }: Service): Readonly<Record<string, unknown>> | undefined => {
  const amounts = ({ cpu, memory }: typeof resources.limits): Readonly<Record<string, unknown>> =>
    without({ cpu: cpu === null ? undefined : `${cpu}m`, memory: memory === null ? undefined : String(memory) });
  const limits = amounts(resources.limits);
  const all = { ...amounts(resources.requests), ...(Object.keys(limits).length === 0 ? {} : { limits }) };
  return Object.keys(all).length === 0 ? undefined : all;
};

/** Names, and ports that are chosen at the start: other formats know numbers only. */
const toPorts = ({ ports }: Service): Readonly<Record<string, number | string>> | readonly (number | string)[] | undefined => {
  if (ports.every(({ name, wanted }) => name === null && wanted !== null)) return undefined;
  const names = ports.flatMap(({ name, wanted }) => (name === null ? [] : [[name, wanted ?? 'auto'] as const]));
  return names.length === ports.length ? Object.fromEntries(names) : ports.map(({ wanted }) => wanted ?? 'auto');
};

/** As the file says it: `${db.port}` stays what it is. */
export const toSource = (text: Text): string =>
  typeof text === 'string'
    ? text.replaceAll('$', '$$$$')
    : text.map((part) => (typeof part === 'string' ? part.replaceAll('$', '$$$$') : `\${${part.service}.${part.what}}`)).join('');

/** In the words of `services.yaml`. */
const toCommandField = (command: Service['command']): string | readonly string[] =>
  command.kind === 'shell' ? toSource(command.line) : [command.program, ...command.args].map(toSource);

const toProbeFields = ({ check, interval, timeout, retries, successes }: Probe): Readonly<Record<string, unknown>> => ({
  ...toCheckFields(check),
  interval: formatDuration(interval),
  timeout: formatDuration(timeout),
  retries,
  successes,
});

const toCheckFields = (check: Probe['check']): Readonly<Record<string, unknown>> => {
  switch (check.kind) {
    case 'http':
      return without({
        http: toSource(check.url),
        method: check.method === 'GET' ? undefined : check.method,
        headers: toHeaders(check.headers),
        status: check.status.map(([low, high]) => (low === high ? String(low) : `${low}-${high}`)),
        body_matches: check.bodyMatches ?? undefined,
      });
    case 'tcp':
      return { tcp: `${toSource(check.host)}:${toSource(check.port)}` };
    case 'exec':
      return { exec: toCommandField(check.command) };
    case 'log':
      return { log: check.pattern };
    case 'notify':
      return { notify: true };
    case 'file':
      return { file: toSource(check.path) };
  }
};

const toHeaders = (headers: Readonly<Record<string, Text>>): Readonly<Record<string, string>> | undefined =>
  Object.keys(headers).length === 0
    ? undefined
    : Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, toSource(value)]));

const toRestartFields = (restart: Service['restart']): Readonly<Record<string, unknown>> => ({
  policy: restart.policy,
  delay: formatDuration(restart.delay),
  max_delay: formatDuration(restart.maxDelay),
  factor: restart.factor,
  max: restart.max,
  window: formatDuration(restart.window),
  on_unhealthy: restart.onUnhealthy,
  never_on: restart.neverOn,
});

const toWatchFields = (watch: Service['watch']): unknown => {
  if (watch === null) return undefined;
  return watch.debounce === defaults.watchDebounce
    ? watch.globs
    : { files: watch.globs, debounce: formatDuration(watch.debounce) };
};

const toHookFields = (hooks: Service['hooks']): unknown => {
  const fields = Object.entries(hooks).map(([name, { command, timeout }]) => {
    const written = toCommandField(command);
    return [name, timeout === defaults.hookTimeout ? written : { command: written, timeout: formatDuration(timeout) }];
  });
  return fields.length === 0 ? undefined : Object.fromEntries(fields);
};

/** The policy alone has a word everywhere. */
const sameRestart = (restart: Service['restart']): boolean =>
  JSON.stringify({ ...restart, policy: '' }) === JSON.stringify({ ...defaultRestart, policy: '' });

const isSameProbe = ({ health, ready }: Service): boolean => JSON.stringify(health) === JSON.stringify(ready);

/** Null where it is the folder of the file itself. */
const toRelative = (folder: string, root: string): string | undefined =>
  folder === root ? undefined : folder.startsWith(`${root}/`) ? folder.slice(root.length + 1) : folder;

const without = (fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
