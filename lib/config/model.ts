import { hash as digest } from 'node:crypto';
import path from 'node:path';
import { isHotReloadOn } from '../domain/environments.ts';
import type { Report } from '../domain/issue.ts';
import type { RawMap } from '../domain/raw.ts';
import { toInstanceNames, toInstances } from '../domain/replicas.ts';
import { dependencyNames } from '../domain/resolve/dependencies.ts';
import { complain, readNumber, readTexts, toFields } from '../domain/resolve/fields.ts';
import { resolveService, type ServiceDraft } from '../domain/resolve.ts';
import type { Ms, ServiceName, Text } from '../domain/service.ts';
import { toText } from '../domain/text.ts';
import { remember } from '../util/remember.ts';
import { looksSecret } from '../util/secrets.ts';
import { type Candidate, type Selection, selectActive } from './active.ts';
import type { Checked } from './checks/context.ts';
import type { EnvFiles } from './env-files.ts';
import type { LayeredService, Layers } from './layers.ts';
import { toEnvEntries } from './merge-defaults.ts';
import { fillOutside, toWrittenAddress, type WrittenAddress } from './outside-addresses.ts';
import { type StackFile, toWrittenPath } from './stack-file.ts';
import type { AddressUse } from './to-raw.ts';

export type ModelContext = {
  readonly root: string;
  readonly environment: string;
  readonly selection: Selection;
  readonly layers: Layers;
  /** Every `${service.port}` that holds on this run, by its path in the whole stack. */
  readonly addresses: readonly Pick<AddressUse, 'service' | 'what' | 'path'>[];
  readonly envFiles: EnvFiles;
  /** See `ResolveContext`. */
  readonly healthTimeout: Ms | null;
};

export type Model = {
  /** Every service of the files, in their order, as it is written: without its instances. */
  readonly services: ReadonlyMap<ServiceName, Checked>;
  /** All instances of each service. */
  readonly instances: ReadonlyMap<ServiceName, readonly ServiceDraft[]>;
  /** Of services and instances. */
  readonly names: ReadonlySet<string>;
  /** Of services. */
  readonly active: ReadonlySet<ServiceName>;
  /** The service that an instance belongs to; of any other name, that name. */
  readonly ownerOf: (name: ServiceName) => ServiceName;
  /** Whether an instance of an active service takes part: not when others of it were named on the command line. */
  readonly isWanted: (draft: ServiceDraft) => boolean;
  /** Of the first file, at its stack level. */
  readonly stackEnv: Readonly<Record<string, Text>>;
  /** By service, not by instance. */
  readonly secrets: ReadonlyMap<ServiceName, ReadonlySet<string>>;
};

/** Raw configuration to services with every default filled in; their edges still as they are written. */
export const toModel = (context: ModelContext): Model => {
  const { layers } = context;
  const merged = new Map([...layers.services].map(([name, { raw }]) => [name, raw]));
  const counts = countReplicas(merged, layers.report);
  const owners = toOwners(counts);
  const ownerOf = (name: ServiceName): ServiceName => owners.get(name) ?? name;
  const candidates = toCandidates(merged);
  const { only, also } = context.selection;
  const selection = { ...context.selection, only: only.map(ownerOf), also: also.map(ownerOf) };
  const { names: active, asked, issues } = selectActive(candidates, selection);
  for (const issue of issues) if (issue.code !== 'unknown-service' || !layers.isPartial) layers.report(issue);
  const outside = findOutside({ merged, active }, context);
  // A stack repeats itself: the same few names and values stand in the environment of every service.
  const hash = remember((text: string) => digest('sha256', text, 'hex').slice(0, 16));
  const stackEnvOf = remember((file: StackFile) => {
    const asWritten = stackEnv(file, context);
    return { asWritten, filled: { ...asWritten, values: fillValues(asWritten.values, outside) } };
  });
  const draftOf = createDrafter({ active, stackEnvOf, outside, hash }, context);

  const services = new Map<ServiceName, Checked>();
  const instances = new Map<ServiceName, readonly ServiceDraft[]>();
  const secrets = new Map<ServiceName, ReadonlySet<string>>();
  for (const [name, service] of layers.services) {
    const { draft, secretNames } = draftOf(name, service);
    services.set(name, { raw: service.raw, draft });
    instances.set(name, toInstances({ ...draft, replicas: counts.get(name) ?? 1 }, hash));
    secrets.set(name, secretNames);
  }
  const names = new Set([...layers.names, ...owners.keys()]);
  const isWanted = chooseInstances({ only, also, candidates, active, asked, noDeps: selection.noDeps });
  const [main] = layers.files;
  const shared = main === undefined ? [] : [...stackEnvOf(main).filled.values];
  return {
    services,
    instances,
    names,
    active,
    ownerOf,
    isWanted,
    stackEnv: Object.fromEntries(shared.map(([key, value]): [string, Text] => [key, toText(value)])),
    secrets,
  };
};

/** More processes than one machine is asked for; a file may say millions in one line. */
const mostInstances = 10_000;

/** How many instances there are of each service. Beyond all measure it is an error, and none are made. */
const countReplicas = (merged: ReadonlyMap<ServiceName, RawMap>, report: Report): ReadonlyMap<ServiceName, number> => {
  const counts = new Map<ServiceName, number>();
  let total = 0;
  for (const [name, service] of merged) {
    const fields = toFields(service, ['services', name], report);
    const count = readNumber(fields, 'replicas', 1);
    if (count > 1 && total + count > mostInstances) {
      const message = `there would be more than ${mostInstances} instances in all`;
      complain(fields, 'replicas', { code: 'invalid-value', message, hint: 'use fewer replicas' });
      counts.set(name, 1);
    } else counts.set(name, count);
    total += counts.get(name) ?? 0;
  }
  return counts;
};

/** By name of an instance, the service that it is one of; where that name is a service's own, it stays that. */
const toOwners = (counts: ReadonlyMap<ServiceName, number>): ReadonlyMap<ServiceName, ServiceName> => {
  const owners = new Map<ServiceName, ServiceName>();
  for (const [owner, count] of counts) {
    for (const name of toInstanceNames(owner, count)) if (!counts.has(name)) owners.set(name, owner);
  }
  return owners;
};

type Chosen = {
  readonly only: readonly ServiceName[];
  /** What runs: of services with several instances, the instances. */
  readonly also: readonly ServiceName[];
  readonly candidates: ReadonlyMap<ServiceName, Candidate>;
  readonly active: ReadonlySet<ServiceName>;
  readonly asked: ReadonlySet<ServiceName>;
  readonly noDeps: boolean;
};

/**
 * `up api-2`: the other instances stay out, unless all of `api` is named, too, or needed by another that takes part. So do
 * those beside the ones that run, where only these are the reason that the service takes part.
 */
const chooseInstances = ({ only, also, candidates, active, asked, noDeps }: Chosen): Model['isWanted'] => {
  const named = new Set([...only, ...also]);
  const needed = new Set(noDeps ? [] : [...active].flatMap((name) => candidates.get(name)?.needs ?? []));
  return ({ name, replica }) => {
    if (replica === null || named.has(name) || named.has(replica.of)) return true;
    if (only.length === 0 && asked.has(replica.of)) return true;
    return needed.has(replica.of);
  };
};

const toCandidates = (merged: ReadonlyMap<ServiceName, RawMap>): ReadonlyMap<ServiceName, Candidate> =>
  new Map(
    [...merged].map(([name, service]) => {
      const profiles = readTexts(
        toFields(service, ['services', name], () => undefined),
        'profiles',
      );
      return [name, { profiles, needs: dependencyNames(service['depends_on']) }];
    }),
  );

type DrafterInput = {
  readonly active: ReadonlySet<ServiceName>;
  readonly stackEnvOf: (file: StackFile) => { readonly asWritten: Env; readonly filled: Env };
  readonly outside: ReadonlyMap<ServiceName, WrittenAddress>;
  readonly hash: (text: string) => string;
};

type Drafted = { readonly draft: ServiceDraft; readonly secretNames: ReadonlySet<string> };

const createDrafter = (
  { active, stackEnvOf, outside, hash }: DrafterInput,
  context: ModelContext,
): ((name: ServiceName, service: LayeredService) => Drafted) => {
  const isSecretName = remember(looksSecret);
  const draftWith = (name: ServiceName, service: RawMap, shared: Env): Drafted => {
    const env = serviceEnv({ name, service, shared, isSecretName, isActive: active.has(name) }, context);
    return { draft: toDraft({ name, service, env: env.values, hash }, context), secretNames: env.secrets };
  };

  return (name, { raw, home }) => {
    const stack = stackEnvOf(home);
    const asWritten = draftWith(name, raw, stack.asWritten);
    if (outside.size === 0) return asWritten;
    const { draft, secretNames } = draftWith(name, fillOutside(raw, outside), stack.filled);
    // Whether the others take part in this run, or run already, makes no other definition.
    return { secretNames, draft: { ...draft, definitionHash: asWritten.draft.definitionHash } };
  };
};

const fillValues = (
  values: ReadonlyMap<string, string>,
  outside: ReadonlyMap<ServiceName, WrittenAddress>,
): ReadonlyMap<string, string> => new Map([...values].map(([key, value]) => [key, fillOutside(value, outside)]));

type Selected = { readonly merged: ReadonlyMap<ServiceName, RawMap>; readonly active: ReadonlySet<ServiceName> };

/** Services that do not take part and whose address one that does wants to know. */
const findOutside = (
  { merged, active }: Selected,
  { addresses, layers: { report } }: ModelContext,
): ReadonlyMap<ServiceName, WrittenAddress> => {
  const outside = new Map<ServiceName, WrittenAddress>();
  for (const { service: name, what, path } of addresses) {
    const service = merged.get(name);
    if (service === undefined || active.has(name) || (path[0] === 'services' && !active.has(String(path[1])))) continue;
    const address = outside.get(name) ?? toWrittenAddress(name, service);
    outside.set(name, address);
    if (what === 'host' || address.port !== null || !hasPorts(service)) continue;
    const within = `\${${name}.${what}}`;
    const message = `"${within}": service "${name}" does not take part, and its port is only known when it does`;
    report({
      severity: 'error',
      code: 'inactive-dependency',
      path,
      within,
      message,
      hint: `name "${name}" too, or give it a fixed port`,
    });
  }
  return outside;
};

const hasPorts = (service: RawMap): boolean => Object.hasOwn(service, 'port') || Object.hasOwn(service, 'ports');

type Env = { readonly values: ReadonlyMap<string, string>; readonly fromFile: ReadonlySet<string> };

/** What a file says at its stack level holds for its own services. */
const stackEnv = (file: StackFile, { envFiles }: ModelContext): Env => {
  const { effective: raw, source, collector } = file;
  const report: Report = (issue) => collector.report({ ...issue, path: toWrittenPath(file, issue.path) });
  const fromFile = envFiles.read({ raw, base: [], isOptional: false, folder: source.root, report });
  return layer({ values: new Map(), fromFile: new Set() }, fromFile, toEnvEntries(raw['env']));
};

/** A file over what was there, and what is written in the stack file itself over that. */
const layer = (
  below: Env,
  fromFile: readonly (readonly [string, string])[],
  own: readonly (readonly [string, string])[],
): Env & { readonly values: Map<string, string> } => {
  const values = new Map(below.values);
  const names = new Set(below.fromFile);
  for (const [name, value] of fromFile) {
    values.set(name, value);
    names.add(name);
  }
  for (const [name, value] of own) {
    values.set(name, value);
    names.delete(name);
  }
  return { values, fromFile: names };
};

type ServiceEnv = {
  readonly name: ServiceName;
  readonly service: RawMap;
  readonly shared: Env;
  readonly isSecretName: (name: string) => boolean;
  readonly isActive: boolean;
};

const serviceEnv = (
  { name, service, shared, isSecretName, isActive }: ServiceEnv,
  { envFiles, environment, layers }: ModelContext,
): { values: ReadonlyMap<string, string>; secrets: ReadonlySet<string> } => {
  const isOptional = service['optional'] === true;
  const use = { raw: service, base: ['services', name], isOptional, report: layers.report };
  const fromFile = isActive ? envFiles.read({ ...use, folder: layers.folderOf(name, ['env_file']) }) : [];
  const env = layer(shared, fromFile, toEnvEntries(service['env']));
  const { values } = env;
  if (!values.has('NODE_ENV')) values.set('NODE_ENV', environment);
  return { values, secrets: new Set([...values.keys()].filter((key) => env.fromFile.has(key) || isSecretName(key))) };
};

type DraftInput = {
  readonly name: ServiceName;
  readonly service: RawMap;
  readonly env: ReadonlyMap<string, string>;
  readonly hash: (text: string) => string;
};

const toDraft = (
  { name, service, env, hash }: DraftInput,
  { root, environment, layers: { folderOf, report }, healthTimeout }: ModelContext,
): ServiceDraft =>
  resolveService({
    name,
    raw: service,
    env: Object.fromEntries([...env].map(([key, value]): [string, Text] => [key, toText(value)])),
    absolute: (file, field) => path.resolve(field === undefined ? root : folderOf(name, field), file),
    healthTimeout,
    hotReload: isHotReloadOn(environment),
    hash,
    report,
  });
