import path from 'node:path';
import { defaults, toEnvironment } from '../domain/defaults.ts';
import { type Diagnostic, hasErrors, sortDiagnostics } from '../domain/diagnostic.ts';
import type { Issue } from '../domain/issue.ts';
import { isRawMap, type RawMap } from '../domain/raw.ts';
import { toDependency } from '../domain/resolve/dependencies.ts';
import { readDuration, readNumber, readText, toFields } from '../domain/resolve/fields.ts';
import type { ServiceDraft } from '../domain/resolve.ts';
import type { Service, ServiceName, Stack } from '../domain/service.ts';
import { findAddressProblems } from './addresses.ts';
import { checkAll } from './checks/all.ts';
import { type Collector, createCollector } from './collector.ts';
import { parseSource } from './document.ts';
import { createEnvFiles } from './env-files.ts';
import { readSystemFacts, type SystemFacts } from './facts.ts';
import { toDiagnostic } from './finding.ts';
import type { Variables } from './interpolate.ts';
import { type Model, toModel } from './model.ts';
import { readSource, type Source } from './source.ts';
import { toRaw } from './to-raw.ts';
import { findTopProblem } from './top-level.ts';
import { validate } from './validate.ts';

export type LoadOptions = {
  /** As the user named it; relative to `cwd`. */
  readonly file: string;
  readonly cwd: string;
  /** Where `${VAR}` comes from, and PATH. */
  readonly env: Variables;
  readonly environment: string;
  readonly profiles: readonly string[];
  /** Services named on the command line: they and what they need take part. Empty: all of the active profiles. */
  readonly only: readonly ServiceName[];
  /** True: nothing but `only`; edges to anything else are dropped. */
  readonly noDeps?: boolean;
  readonly allProfiles?: boolean;
  /** False: do not look whether programs, folders and files are there. */
  readonly checkSystem?: boolean;
  readonly facts?: SystemFacts;
};

export type Loaded = {
  /** Null only when there are errors. */
  readonly stack: Stack | null;
  /** Sorted by place. */
  readonly diagnostics: readonly Diagnostic[];
  /** Names of environment variables whose values are not to be shown: they look secret or come from a file. */
  readonly secrets: ReadonlyMap<ServiceName, ReadonlySet<string>>;
};

/** `services.yaml` to a stack that is ready to be planned, or to everything that is wrong with it. Starts nothing. */
export const loadStack = async (options: LoadOptions): Promise<Loaded> => {
  const source = await readSource(options.file, options.cwd);
  if ('severity' in source) return failed([source]);
  return toLoaded(source, options);
};

const failed = (diagnostics: readonly Diagnostic[]): Loaded => ({
  stack: null,
  diagnostics: sortDiagnostics(diagnostics),
  secrets: new Map(),
});

/** The whole way from text to stack, for text that is there already. */
const toLoaded = (source: Source, options: LoadOptions): Loaded => {
  const { document, findings } = parseSource(source.text);
  if (document === null) return failed(findings.map((finding) => toDiagnostic(source, finding)));
  const top = findTopProblem(document, source.text);
  if (top !== null) return failed([toDiagnostic(source, top)]);

  const raw = toRaw(document, source, options.env);
  const collector = createCollector(source, raw);
  if (!isRawMap(raw.value)) return failed(collector.diagnostics());
  const validated = validate(raw.value);
  for (const issue of validated.issues) collector.report(issue);

  const { checkSystem = true, noDeps = false, allProfiles = false } = options;
  const environment = toEnvironment(options.environment);
  const envFiles = createEnvFiles({ root: source.root, report: collector.report, checkSystem });
  const selection = { profiles: options.profiles, only: options.only, noDeps, allProfiles };
  const model = toModel(validated.value, {
    root: source.root,
    environment,
    selection,
    addresses: raw.addresses,
    envFiles,
    report: collector.report,
  });
  collector.addDiagnostics(envFiles.diagnostics);
  collector.ignoreVariablesOf([...model.services.keys()].filter((name) => !model.active.has(name)));

  const hasPort = (name: string): boolean => {
    const service = model.services.get(name);
    return (
      service === undefined || service.draft.ports.length > 0 || ['port', 'ports'].some((key) => Object.hasOwn(service.raw, key))
    );
  };
  for (const { use, ...words } of findAddressProblems(raw.addresses, { names: model.names, hasPort })) {
    collector.add({ severity: 'error', offset: use.offset, path: use.path, ...words });
  }
  checkAll({
    root: source.root,
    ownFiles: new Set([path.join(source.root, path.basename(source.file)), path.join(source.root, '.server_memory.json')]),
    services: noDeps ? withoutEdges(model) : model.services,
    names: model.names,
    active: model.active,
    facts: options.facts ?? readSystemFacts(),
    env: options.env,
    checkSystem,
    spot: collector.spot,
    report: collector.report,
  });
  const stack = toStack({ raw: validated.value, model, source, environment, collector });
  // Nothing else can be said of a stack without services; where there is an error, that one says why there are none.
  if (isEmpty(validated.value) && !hasErrors(collector.diagnostics())) collector.report(noServices);
  const diagnostics = collector.diagnostics();
  const secrets = new Map([...model.secrets].filter(([name]) => model.active.has(name)));
  return { stack: hasErrors(diagnostics) ? null : stack, diagnostics, secrets };
};

const noServices: Issue = {
  severity: 'hint',
  code: 'missing-key',
  path: ['services'],
  atKey: true,
  message: 'there are no services',
  hint: 'add one: "web: {command: npm start}"',
};

const isEmpty = (raw: RawMap): boolean => {
  const services = raw['services'];
  return services === null || (isRawMap(services) && Object.keys(services).length === 0);
};

/** `--no-deps`: what was not named does not exist for those that were. */
const withoutEdges = ({ services, active, names }: Model): Model['services'] =>
  new Map(
    [...services].map(([name, { raw, draft }]) => {
      const wanted = draft.wanted.filter(({ on }) => active.has(on) || !names.has(on));
      return [name, { raw, draft: { ...draft, wanted } }];
    }),
  );

type StackInput = {
  readonly raw: RawMap;
  readonly model: Model;
  readonly source: Source;
  readonly environment: string;
  readonly collector: Collector;
};

const toStack = ({ raw, model, source, environment, collector }: StackInput): Stack => {
  const fields = toFields(raw, [], collector.report);
  const services = new Map<ServiceName, Service>();
  for (const [name, { draft }] of model.services) if (model.active.has(name)) services.set(name, toService(draft, model));
  const limit = readNumber(fields, 'max_parallel', 0);
  const bootTimeout = readDuration(fields, 'boot_timeout', { fallback: 0, least: 1 });
  return {
    name: readText(fields, 'name', path.basename(source.root)),
    root: source.root,
    file: source.file,
    environment,
    services,
    maxParallel: limit === 0 ? null : limit,
    bootTimeout: bootTimeout === 0 ? null : bootTimeout,
    shutdownDeadline: readDuration(fields, 'shutdown_deadline', { fallback: defaults.shutdownDeadline, least: 1 }),
  };
};

/** Edges to services that do not take part are dropped: they are soft, or `--no-deps` was asked for, or an error says so. */
const toService = (draft: ServiceDraft, { services, active }: Model): Service => {
  const { wanted, ...service } = draft;
  const seen = new Set<ServiceName>();
  const dependsOn = wanted.flatMap((edge) => {
    const target = services.get(edge.on)?.draft;
    if (target === undefined || !active.has(edge.on) || seen.has(edge.on)) return [];
    seen.add(edge.on);
    const hasProbe = target.ready !== null || target.health !== null;
    return [toDependency(edge, { type: target.type, hasProbe, optional: target.optional })];
  });
  return { ...service, dependsOn };
};
