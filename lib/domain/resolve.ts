import { formatDuration } from '../util/duration.ts';
import { defaultProbe, defaults } from './defaults.ts';
import type { Report } from './issue.ts';
import type { RawMap } from './raw.ts';
import type { Listener } from './resolve/address.ts';
import { readCluster } from './resolve/cluster.ts';
import { readCommand } from './resolve/command.ts';
import { readDependencies, type WantedDependency } from './resolve/dependencies.ts';
import {
  complain,
  type Fields,
  fieldsOf,
  get,
  isGiven,
  readBoolean,
  readChoice,
  readDuration,
  readNumber,
  readText,
  readTexts,
} from './resolve/fields.ts';
import { readHealthcheck } from './resolve/healthcheck.ts';
import { readServiceHooks } from './resolve/hooks.ts';
import { readLog, readRestart, readStop } from './resolve/policies.ts';
import { readPortRange, readPorts } from './resolve/ports.ts';
import { portCheck, readProbe, readUrl } from './resolve/probe.ts';
import { readWatch } from './resolve/watch.ts';
import type { Command, Ms, PortConflict, Probe, Service, Text } from './service.ts';

/** A service of which everything is known but what its edges wait for: that depends on the services at their other end. */
export type ServiceDraft = Omit<Service, 'dependsOn' | 'definitionHash'> & {
  readonly wanted: readonly WantedDependency[];
  /** How many instances of it there are to be. */
  readonly replicas: number;
};

export type ResolveContext = {
  readonly name: string;
  /** With the `defaults` block merged in already. */
  readonly raw: RawMap;
  /** Stack, files and service merged already. */
  readonly env: Readonly<Record<string, Text>>;
  /** Turns a path that a field of the file says into an absolute one; without a field, one that muster itself chooses. */
  readonly absolute: (file: string, field?: readonly string[]) => string;
  /** Replaces `health_timeout` of every service that runs on; null: the file says it. */
  readonly healthTimeout?: Ms | null;
  /** Whether files are watched where nothing is said about it. */
  readonly hotReload?: boolean;
  readonly report: Report;
};

const portConflicts = ['fail', 'reclaim', 'next'] as const satisfies readonly PortConflict[];
const types = ['service', 'task'] as const satisfies readonly Service['type'][];

/** Fills in every default of one service. Pure: the same raw configuration and context always give the same service. */
export const resolveService = (context: ResolveContext): ServiceDraft => {
  const { name, raw, env, absolute, report } = context;
  const fields: Fields = { map: raw, path: ['services', name], report };
  const host = readHost(fields);
  const listener: Listener = { name, host, ports: readPorts(fields) };
  const type = readChoice(fields, 'type', types, defaults.type);
  const probes = readProbes(fields, { listener, type, absolute });
  const startupDelay = readStartupDelay(fields, type);
  const ownTimeout = readHealthTimeout(fields, type, probes.leastTimeout);
  const healthTimeout = type === 'service' ? (context.healthTimeout ?? ownTimeout) : ownTimeout;
  if (probes.ready !== null && healthTimeout !== null) checkDelay(fields, startupDelay, healthTimeout);
  return {
    name,
    label: readText(fields, 'label', name),
    type,
    // What is missing or wrong has been reported, and a stack with errors is never run.
    command: readCommand(fields, 'command') ?? noCommand,
    cwd: absolute(readText(fields, 'cwd', '.'), ['cwd']),
    env,
    host,
    ports: listener.ports,
    portConflict: readChoice(fields, 'port_conflict', portConflicts, defaults.portConflict),
    portRange: readPortRange(fields),
    wanted: readDependencies(fields),
    optional: readBoolean(fields, 'optional', false),
    startupDelay,
    waitBeforeStart: readDuration(fields, 'wait_before_start', { fallback: defaults.waitBeforeStart }),
    healthTimeout,
    ready: probes.ready,
    health: probes.health,
    restart: readRestart(fields, type),
    stop: readStop(fields),
    profiles: readTexts(fields, 'profiles'),
    log: readLog(fields, name, absolute),
    inputs: readInputs(fields, type),
    watch: readWatch(fields, context),
    hooks: readServiceHooks(fields, type),
    clean: isGiven(fields, 'clean') ? { folder: absolute('.', ['clean']), globs: readTexts(fields, 'clean') } : null,
    cluster: readCluster(fields, absolute),
    replica: null,
    replicas: readNumber(fields, 'replicas', 1),
  };
};

/** An address or a name; brackets, as URLs have them around IPv6, are left out. */
const readHost = (fields: Fields): string => {
  const text = readText(fields, 'host', null);
  if (text === null) return defaults.host;
  const host = text.trim().replace(/^\[(.*)\]$/, '$1');
  const isName = /^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?$/.test(host);
  if (isName || /^[0-9a-f.]*:[0-9a-f.:]*:[0-9a-f.:]*(%\w+)?$/i.test(host)) return host;
  const hint = 'write for example 127.0.0.1, 0.0.0.0 or ::1';
  complain(fields, 'host', { code: 'invalid-value', message: `"${host}" is not an address to listen on`, hint });
  return defaults.host;
};

const noCommand: Command = { kind: 'direct', program: '', args: [] };

type ProbesContext = {
  readonly listener: Listener;
  readonly type: Service['type'];
  readonly absolute: ResolveContext['absolute'];
};
type Probes = { readonly health: Probe | null; readonly ready: Probe | null; readonly leastTimeout: Ms };

/** The three ways to say `health` exclude each other; `ready` is `health` unless it is given. A task has neither. */
const readProbes = (fields: Fields, { listener, type, absolute }: ProbesContext): Probes => {
  const hasHealth = isGiven(fields, 'health') || isGiven(fields, 'healthcheck') || isGiven(fields, 'health_url');
  if (!hasHealth && !isGiven(fields, 'ready')) return toPlainProbes(listener, type);
  const given = Object.keys(fields.map).filter((key) => key === 'health' || key === 'healthcheck' || key === 'health_url');
  const [first, second] = given;
  if (type === 'task') {
    for (const key of [...given, ...(isGiven(fields, 'ready') ? ['ready'] : [])]) complainOfTask(fields, key);
    return { health: null, ready: null, leastTimeout: 0 };
  }
  if (first !== undefined && second !== undefined) {
    complain(fields, second, {
      code: 'invalid-value',
      message: `"${second}" and "${first}" say the same thing twice`,
      hint: 'keep one',
      atKey: true,
    });
  }
  const context = { listener, absolute: (file: string) => absolute(file, ['ready', 'file']) };
  const compose = fieldsOf(fields, 'healthcheck');
  const healthcheck = compose === null ? null : readHealthcheck(compose);
  const map = fieldsOf(fields, 'health');
  const url = readUrl(fields, 'health_url', context);
  const isWrong = first !== undefined && get(fields, first) === undefined;
  const health =
    map !== null
      ? readProbe(map, context)
      : url !== null
        ? { check: url, ...defaultProbe }
        : healthcheck !== null
          ? healthcheck.probe
          : isWrong
            ? null
            : toPlainProbes(listener, type).health;
  const readyMap = fieldsOf(fields, 'ready');
  const ready = readyMap === null ? health : readProbe(readyMap, context);
  const period = healthcheck?.startPeriod ?? 0;
  // Compose lets `retries` checks fail after the start period; the limit here covers all of that.
  const leastTimeout =
    health === null || period === 0 || isGiven(fields, 'health_timeout')
      ? 0
      : period + health.retries * (health.interval + health.timeout);
  return { health, ready, leastTimeout };
};

/** Of a service that says nothing about them: its first port is asked, if it has one. */
const toPlainProbes = (listener: Listener, type: Service['type']): Probes => {
  const probe = type === 'task' || listener.ports.length === 0 ? null : { check: portCheck(listener), ...defaultProbe };
  return { health: probe, ready: probe, leastTimeout: 0 };
};

const complainOfTask = (fields: Fields, key: string): void => {
  const message = `"${key}" has no meaning for a task: it is done when it has ended`;
  complain(fields, key, { code: 'invalid-value', message, hint: 'remove it', atKey: true });
};

const readStartupDelay = (fields: Fields, type: Service['type']): Ms => {
  const delay = readDuration(fields, 'startup_delay', { fallback: defaults.startupDelay });
  if (type === 'service') return delay;
  if (isGiven(fields, 'startup_delay')) complainOfTask(fields, 'startup_delay');
  return defaults.startupDelay;
};

/** How long a migration or a build may take, only its author knows. */
const readHealthTimeout = (fields: Fields, type: Service['type'], least: Ms): Ms | null => {
  if (type === 'task' && !isGiven(fields, 'health_timeout')) return null;
  return Math.max(readDuration(fields, 'health_timeout', { fallback: defaults.healthTimeout, least: 1, example: '60s' }), least);
};

/** Each attempt would end before its first probe counts. */
const checkDelay = (fields: Fields, startupDelay: Ms, healthTimeout: Ms): void => {
  if (startupDelay < healthTimeout) return;
  const [delay, limit] = [formatDuration(startupDelay), formatDuration(healthTimeout)];
  const message = `startup_delay of ${delay} is not below health_timeout, which is ${limit}: no probe could count in time`;
  complain(fields, 'startup_delay', { code: 'invalid-value', message, hint: 'shorten it, or set a longer health_timeout' });
};

const readInputs = (fields: Fields, type: Service['type']): readonly string[] | null => {
  if (!isGiven(fields, 'inputs')) return null;
  if (type === 'task') return readTexts(fields, 'inputs');
  complain(fields, 'inputs', {
    code: 'invalid-value',
    message: '"inputs" has no meaning for a service that runs on',
    hint: 'add "type: task", or remove it',
    atKey: true,
  });
  return null;
};
