import path from 'node:path';
import { defaultLog, defaultLogFile, defaultRestart, defaults } from '../../domain/defaults.ts';
import { isHotReloadOn } from '../../domain/environments.ts';
import type { CleanRule, Hook, Probe, Service, Stack, Text } from '../../domain/service.ts';
import { formatDuration } from '../../util/duration.ts';

/**
 * The fields of `services.yaml` that another format has no word for, as they would stand there: what is at its default is left
 * out. It travels as `x-muster` in formats that keep such keys, so that the way back loses nothing.
 */
export const toExtension = (
  service: Service,
  { root, environment }: Stack,
  folder: string,
): Readonly<Record<string, unknown>> => {
  const move = createMover(root, folder);
  const { startupDelay, waitBeforeStart, healthTimeout, portRange, restart } = service;
  return without({
    type: service.type === 'task' ? 'task' : undefined,
    label: service.label === service.name ? undefined : service.label,
    // Without it, it would be the folder that is built.
    cwd: service.cwd === folder && service.cluster.build === null ? undefined : move(service.cwd),
    optional: service.optional || undefined,
    port_conflict: service.portConflict === defaults.portConflict ? undefined : service.portConflict,
    port_range: portRange === null ? undefined : `${portRange[0]}-${portRange[1]}`,
    ports: toPorts(service),
    host: service.host === defaults.host ? undefined : service.host,
    startup_delay: startupDelay === 0 ? undefined : formatDuration(startupDelay),
    wait_before_start: waitBeforeStart === 0 ? undefined : formatDuration(waitBeforeStart),
    health_timeout:
      healthTimeout === null || healthTimeout === (service.type === 'task' ? null : defaults.healthTimeout)
        ? undefined
        : formatDuration(healthTimeout),
    health: service.health === null ? undefined : toProbeFields(service.health, move),
    ready: isSameProbe(service) ? undefined : service.ready === null ? undefined : toProbeFields(service.ready, move),
    restart: sameRestart(restart) ? undefined : toRestartFields(restart),
    stop: service.stop.command === null ? undefined : { command: toCommandField(service.stop.command) },
    log: toLogFields(service, root, move),
    watch: toWatchFields(service.watch, isHotReloadOn(environment)),
    hooks: toHookFields(service.hooks),
    expose: service.cluster.expose === null ? undefined : (service.cluster.expose.host ?? true),
    resources: toResources(service),
    inputs: service.inputs ?? undefined,
    clean: service.clean === null ? undefined : toGlobs(service.clean, move),
  });
};

/** The same of the stack itself. Addresses that are told of events stay here: whoever knows one may write to it. */
export const toStackExtension = (stack: Stack, folder: string): Readonly<Record<string, unknown>> => {
  const move = createMover(stack.root, folder);
  return without({
    max_parallel: stack.maxParallel ?? undefined,
    boot_timeout: stack.bootTimeout === null ? undefined : formatDuration(stack.bootTimeout),
    shutdown_deadline: stack.shutdownDeadline === defaults.shutdownDeadline ? undefined : formatDuration(stack.shutdownDeadline),
    clean: stack.clean.length === 0 ? undefined : stack.clean.flatMap((rule) => toGlobs(rule, move)),
    hooks: toHookFields(stack.hooks.commands),
  });
};

/** A path as it is said in a file of that folder: one of the project wherever the project lies. */
type Mover = (target: string) => string;

const createMover =
  (root: string, folder: string): Mover =>
  (target) =>
    target === root || target.startsWith(`${root}/`) ? path.relative(folder, target) || '.' : target;

const toGlobs = ({ folder, globs }: CleanRule, move: Mover): readonly string[] => {
  const prefix = move(folder);
  if (prefix === '.') return globs;
  return globs.map((glob) => (glob.startsWith('!') ? `!${prefix}/${glob.slice(1)}` : `${prefix}/${glob}`));
};

const toLogFields = ({ name, log }: Service, root: string, move: Mover): Readonly<Record<string, unknown>> | undefined => {
  const fields = without({
    file: log.file === path.join(root, defaultLogFile(name)) ? undefined : move(log.file),
    max_size: log.maxSize === defaultLog.maxSize ? undefined : String(log.maxSize),
    keep: log.keep === defaultLog.keep ? undefined : log.keep,
    split: log.split === defaultLog.split ? undefined : log.split,
  });
  return Object.keys(fields).length === 0 ? undefined : fields;
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

const toProbeFields = (
  { check, interval, timeout, retries, successes }: Probe,
  move: Mover,
): Readonly<Record<string, unknown>> => ({
  ...toCheckFields(check, move),
  interval: formatDuration(interval),
  timeout: formatDuration(timeout),
  retries,
  successes,
});

const toCheckFields = (check: Probe['check'], move: Mover): Readonly<Record<string, unknown>> => {
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
      return { file: toSource(typeof check.path === 'string' ? move(check.path) : check.path) };
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

const toWatchFields = (watch: Service['watch'], isOn: boolean): unknown => {
  if (watch === null) return undefined;
  const fields = without({
    debounce: watch.debounce === defaults.watchDebounce ? undefined : formatDuration(watch.debounce),
    enabled: watch.isOn === isOn ? undefined : watch.isOn,
  });
  return Object.keys(fields).length === 0 ? watch.globs : { files: watch.globs, ...fields };
};

const toHookFields = (hooks: Readonly<Record<string, Hook>>): unknown => {
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

const without = (fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
