import path from 'node:path';
import { defaults } from '../domain/defaults.ts';
import type { Report } from '../domain/issue.ts';
import { toDependency } from '../domain/resolve/dependencies.ts';
import { readDuration, readNumber, readText, readTexts, toFields } from '../domain/resolve/fields.ts';
import { readStackHooks } from '../domain/resolve/hooks.ts';
import { readWebhooks } from '../domain/resolve/webhooks.ts';
import type { ServiceDraft } from '../domain/resolve.ts';
import type { Service, ServiceName, Stack } from '../domain/service.ts';
import type { StackFiles } from './include.ts';
import type { Model } from './model.ts';
import type { StackFile } from './stack-file.ts';

export type SettingsInput = {
  readonly files: StackFiles;
  readonly main: StackFile;
  readonly model: Model;
  readonly environment: string;
  readonly report: Report;
  /** Absolute. */
  readonly envFiles: readonly string[];
};

/** The stack without its services. */
export const toSettings = ({ files, main, model, environment, report, envFiles }: SettingsInput): Omit<Stack, 'services'> => {
  const { source, effective } = main;
  const fields = toFields(effective, [], report);
  const limit = readNumber(fields, 'max_parallel', 0);
  const bootTimeout = readDuration(fields, 'boot_timeout', { fallback: 0, least: 1 });
  return {
    name: readText(fields, 'name', path.basename(source.root)),
    root: source.root,
    file: source.file,
    files: [...files.all.map((file) => file.source.absolute), ...envFiles],
    environment,
    maxParallel: limit === 0 ? null : limit,
    bootTimeout: bootTimeout === 0 ? null : bootTimeout,
    shutdownDeadline: readDuration(fields, 'shutdown_deadline', { fallback: defaults.shutdownDeadline, least: 1 }),
    hooks: { commands: readStackHooks(fields), env: model.stackEnv },
    notify: readWebhooks(fields),
    clean: files.all.flatMap((file) => {
      const globs = readTexts(toFields(file.effective, [], report), 'clean');
      return globs.length === 0 ? [] : [{ folder: file.source.root, globs }];
    }),
  };
};

/** Of the instances those that take part. */
export const wantedDrafts = ({ instances, active, isWanted }: Model): readonly ServiceDraft[] => {
  const wanted: ServiceDraft[] = [];
  for (const [owner, drafts] of instances) {
    if (active.has(owner)) for (const draft of drafts) if (isWanted(draft)) wanted.push(draft);
  }
  return wanted;
};

export const toServices = (model: Model): Stack['services'] => {
  const services = new Map<ServiceName, Service>();
  for (const draft of wantedDrafts(model)) {
    const rest = { dependsOn: toDependencies(draft, model), definitionHash: model.definitionHashOf(draft) };
    services.set(draft.name, toService(draft, rest));
  }
  return services;
};

/**
 * Edges to services that do not take part are dropped: they are soft, or `--no-deps` was asked for, or an error says so. One
 * to a service with several instances leads to each of them.
 */
const toDependencies = ({ wanted }: ServiceDraft, { services, instances, active, isWanted }: Model): Service['dependsOn'] => {
  const seen = new Set<ServiceName>();
  return wanted.flatMap((edge) => {
    const target = services.get(edge.on)?.draft;
    if (target === undefined || !active.has(edge.on) || seen.has(edge.on)) return [];
    seen.add(edge.on);
    const hasProbe = target.ready !== null || target.health !== null;
    const dependency = toDependency(edge, { type: target.type, hasProbe, optional: target.optional });
    return (instances.get(edge.on) ?? []).filter(isWanted).map(({ name }) => ({ ...dependency, on: name }));
  });
};

/**
 * By name, field for field: what is left of an object by taking some of it out is a hash table to V8, of 2.5 kB, and a supervisor
 * keeps one for each service.
 */
const toService = (
  draft: ServiceDraft,
  { dependsOn, definitionHash }: Pick<Service, 'dependsOn' | 'definitionHash'>,
): Service => ({
  name: draft.name,
  label: draft.label,
  type: draft.type,
  command: draft.command,
  cwd: draft.cwd,
  env: draft.env,
  host: draft.host,
  ports: draft.ports,
  portConflict: draft.portConflict,
  portRange: draft.portRange,
  optional: draft.optional,
  startupDelay: draft.startupDelay,
  waitBeforeStart: draft.waitBeforeStart,
  healthTimeout: draft.healthTimeout,
  ready: draft.ready,
  health: draft.health,
  restart: draft.restart,
  stop: draft.stop,
  profiles: draft.profiles,
  log: draft.log,
  inputs: draft.inputs,
  watch: draft.watch,
  hooks: draft.hooks,
  clean: draft.clean,
  cluster: draft.cluster,
  replica: draft.replica,
  dependsOn,
  definitionHash,
});

/** Of every instance the names that its service has. */
export const toSecrets = ({ instances, active, secretsOf }: Model): ReadonlyMap<ServiceName, ReadonlySet<string>> => {
  const secrets = new Map<ServiceName, ReadonlySet<string>>();
  for (const [owner, drafts] of instances) {
    if (!active.has(owner)) continue;
    const names = secretsOf(owner);
    for (const { name } of drafts) secrets.set(name, names);
  }
  return secrets;
};
