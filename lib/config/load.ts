import path from 'node:path';
import { toEnvironment } from '../domain/defaults.ts';
import { type Diagnostic, hasErrors, sortDiagnostics } from '../domain/diagnostic.ts';
import type { Issue, Path, Report } from '../domain/issue.ts';
import { memoryFileName } from '../domain/memory-name.ts';
import type { Ms, ServiceName, Stack } from '../domain/service.ts';
import { parseDuration } from '../util/duration.ts';
import { findAddressProblems } from './addresses.ts';
import { checkAll } from './checks/all.ts';
import { checkBlocks } from './checks/blocks.ts';
import { createEnvFiles } from './env-files.ts';
import { readSystemFacts, type SystemFacts } from './facts.ts';
import type { AddressUse } from './fill-in.ts';
import { readFiles, type StackFiles } from './include.ts';
import type { Variables } from './interpolate.ts';
import { isUnusedAt, toLayers } from './layers.ts';
import { type Model, toModel } from './model.ts';
import { type StackFile, toEffectivePath } from './stack-file.ts';
import { toSecrets, toServices, toSettings, wantedDrafts } from './to-stack.ts';

export type LoadOptions = {
  /** As the user named it; relative to `cwd`. */
  readonly file: string;
  /** What it says, where no such file is read: a program has defined the stack, and `file` is only what it is called. */
  readonly text?: string;
  readonly cwd: string;
  /** Where `${VAR}` comes from, and PATH. */
  readonly env: Variables;
  readonly environment: string;
  /** It was asked for by that name, here and now; else a variable has it, or what runs. Then one that the file does not know is a mistake. */
  readonly isEnvironmentNamed?: boolean;
  readonly profiles: readonly string[];
  /** Services named on the command line: they and what they need take part. Empty: all of the active profiles. */
  readonly only: readonly ServiceName[];
  /** What runs already takes part too, as far as the file still has it. */
  readonly also?: readonly ServiceName[];
  /** True: nothing but `only`; edges to anything else are dropped. */
  readonly noDeps?: boolean;
  readonly allProfiles?: boolean;
  /** `cluster`: for those who take it elsewhere; a service that has an image needs no command there. Default: `machine`. */
  readonly target?: 'machine' | 'cluster';
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

/** A stack of which only is known whether it is one. */
export type Judged = {
  /** How many services take part; null only when there are errors. */
  readonly services: number | null;
  /** Sorted by place. */
  readonly diagnostics: readonly Diagnostic[];
  readonly load: () => Loaded;
};

/** `services.yaml` to a stack that is ready to be planned, or to everything that is wrong with it. Starts nothing. */
export const loadStack = async (options: LoadOptions): Promise<Loaded> => (await judgeStack(options)).load();

/** The same for whoever needs to know what is wrong, and maybe nothing else. */
export const judgeStack = async (options: LoadOptions): Promise<Judged> => {
  const environment = toEnvironment(options.environment);
  const files = readFiles({ ...options, environment });
  return files.all.length === 0 ? failed(files.unreadable) : judge(files, options, environment);
};

const failed = (found: readonly Diagnostic[]): Judged => {
  const diagnostics = sortDiagnostics(found);
  return { services: null, diagnostics, load: () => ({ stack: null, diagnostics, secrets: new Map() }) };
};

/** The rest of the way, for files that are there already. */
const judge = (files: StackFiles, options: LoadOptions, environment: string): Judged => {
  const { checkSystem = true, noDeps = false, allProfiles = false } = options;
  const [main] = files.all;
  if (main === undefined) return failed([]);
  const { root } = main.source;
  const layers = toLayers(files);
  checkBlocks(files.all, { environment, isNamed: options.isEnvironmentNamed ?? false });
  const envFiles = createEnvFiles({ root, checkSystem });
  const selection = { profiles: options.profiles, only: options.only, also: options.also ?? [], noDeps, allProfiles };
  const uses = files.all.flatMap(findUses);
  const model = toModel({
    root,
    environment,
    selection,
    layers,
    addresses: uses,
    envFiles,
    healthTimeout: readHealthTimeoutOfAll(options.env, layers.report),
  });
  for (const file of files.all) file.collector.ignoreVariablesAt(isUnusedAt(layers, file, model.active));

  const hasPort = (name: string): boolean => {
    const service = model.services.get(model.ownerOf(name));
    return (
      service === undefined || service.draft.ports.length > 0 || ['port', 'ports'].some((key) => Object.hasOwn(service.raw, key))
    );
  };
  for (const { use, ...words } of findAddressProblems(uses, { names: model.names, hasPort, ownerOf: model.ownerOf })) {
    if (words.code === 'unknown-service' && files.isPartial) continue;
    // Where it stands is wrong only because the key is, which has been told.
    if (words.code === 'variable-syntax' && use.file.unknownKeys.some((key) => isBelow(use.path, key))) continue;
    use.file.collector.add({ severity: 'error', offset: use.offset, path: use.path, ...words });
  }
  const settings = toSettings({ files, main, model, environment, report: layers.report, envFiles: envFiles.files() });
  const services = noDeps ? withoutEdges(model) : model.services;
  checkAll({
    root,
    ownFiles: new Set([...files.all.map(({ source }) => source.absolute), path.join(root, memoryFileName)]),
    services,
    activeServices: [...services.values()].filter(({ draft }) => model.active.has(draft.name)),
    instances: model.instances,
    ownerOf: model.ownerOf,
    names: model.names,
    active: model.active,
    stackEnv: settings.hooks.env,
    stackHooks: settings.hooks.commands,
    facts: options.facts ?? readSystemFacts(),
    env: options.env,
    checkSystem,
    needsCommand: options.target !== 'cluster',
    layers,
    spot: layers.spot,
    report: layers.report,
  });
  const collect = (): Diagnostic[] => [
    ...files.unreadable,
    ...files.all.flatMap(({ collector }) => collector.diagnostics()),
    ...envFiles.diagnostics,
  ];
  // Nothing else can be said of a stack without services; where there is an error, that one says why there are none.
  if (model.names.size === 0 && !hasErrors(collect())) layers.report(noServices);
  const diagnostics = sortDiagnostics(collect());
  const isSound = !hasErrors(diagnostics);
  return {
    services: isSound ? wantedDrafts(model).length : null,
    diagnostics,
    load: () => ({
      stack: isSound ? { ...settings, services: toServices(model) } : null,
      diagnostics,
      secrets: toSecrets(model),
    }),
  };
};

type Use = AddressUse & { readonly file: StackFile };

/** The addresses that hold on this run, by their paths in the whole stack. */
const findUses = (file: StackFile): Use[] =>
  file.addresses.flatMap((use) => {
    const effective = toEffectivePath(file, use.path);
    return effective === null ? [] : [{ ...use, path: effective, file }];
  });

/** `MUSTER_HEALTH_TIMEOUT`, which holds for every service whatever the file says. Null: it is not set. */
const readHealthTimeoutOfAll = (env: Variables, report: Report): Ms | null => {
  const name = 'MUSTER_HEALTH_TIMEOUT';
  const text = Object.hasOwn(env, name) ? (env[name]?.trim() ?? '') : '';
  if (text === '') return null;
  const parsed = parseDuration(text);
  if (parsed.ok && parsed.value > 0) return parsed.value;
  const [problem, hint] = parsed.ok ? ['must be above zero', 'write for example 30s'] : [parsed.problem, parsed.hint];
  report({ severity: 'error', code: 'invalid-duration', path: [], message: `${name}: ${problem}`, hint });
  return null;
};

const isBelow = (path: Path, key: Path): boolean => key.every((step, index) => step === path[index]);

const noServices: Issue = {
  severity: 'hint',
  code: 'missing-key',
  path: ['services'],
  atKey: true,
  message: 'there are no services',
  hint: 'add one: "web: {command: npm start}"',
};

/** `--no-deps`: what was not named does not exist for those that were. */
const withoutEdges = ({ services, active, names }: Model): Model['services'] =>
  new Map(
    [...services].map(([name, { raw, draft }]) => {
      const wanted = draft.wanted.filter(({ on }) => active.has(on) || !names.has(on));
      return [name, { raw, draft: { ...draft, wanted } }];
    }),
  );
