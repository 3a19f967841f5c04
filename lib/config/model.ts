import { hash as digest } from 'node:crypto';
import path from 'node:path';
import type { Report } from '../domain/issue.ts';
import { isRawMap, type RawMap } from '../domain/raw.ts';
import { dependencyNames } from '../domain/resolve/dependencies.ts';
import { readTexts, toFields } from '../domain/resolve/fields.ts';
import { resolveService, type ServiceDraft } from '../domain/resolve.ts';
import type { ServiceName, Text } from '../domain/service.ts';
import { toText } from '../domain/text.ts';
import { remember } from '../util/remember.ts';
import { looksSecret } from '../util/secrets.ts';
import { type Candidate, type Selection, selectActive } from './active.ts';
import type { Checked } from './checks/context.ts';
import type { EnvFiles } from './env-files.ts';
import { mergeDefaults, toEnvEntries } from './merge-defaults.ts';
import { fillOutside, toWrittenAddress, type WrittenAddress } from './outside-addresses.ts';
import type { AddressUse } from './to-raw.ts';

export type ModelContext = {
  readonly root: string;
  readonly environment: string;
  readonly selection: Selection;
  /** Every `${service.port}` of the file. */
  readonly addresses: readonly AddressUse[];
  readonly envFiles: EnvFiles;
  readonly report: Report;
};

export type Model = {
  /** Every service of the file, in its order. */
  readonly services: ReadonlyMap<ServiceName, Checked>;
  readonly names: ReadonlySet<string>;
  readonly active: ReadonlySet<ServiceName>;
  readonly secrets: ReadonlyMap<ServiceName, ReadonlySet<string>>;
};

/** Raw configuration to services with every default filled in; their edges still as they are written. */
export const toModel = (raw: RawMap, context: ModelContext): Model => {
  const merged = mergeServices(raw);
  const { names: active, issues } = selectActive(toCandidates(merged), context.selection);
  for (const issue of issues) context.report(issue);
  const outside = findOutside({ merged, active }, context);
  const draftOf = createDrafter({ stack: stackEnv(raw, context), active, outside }, context);

  const services = new Map<ServiceName, Checked>();
  const secrets = new Map<ServiceName, ReadonlySet<string>>();
  for (const [name, service] of merged) {
    const { draft, secretNames } = draftOf(name, service);
    services.set(name, { raw: service, draft });
    secrets.set(name, secretNames);
  }
  return { services, names: new Set(Object.keys(isRawMap(raw['services']) ? raw['services'] : {})), active, secrets };
};

/** A name that is no good has been reported; a service that is no map still counts as one that others can name. */
const mergeServices = (raw: RawMap): ReadonlyMap<ServiceName, RawMap> => {
  const block = isRawMap(raw['defaults']) ? raw['defaults'] : {};
  const services = Object.entries(isRawMap(raw['services']) ? raw['services'] : {});
  return new Map(
    services.flatMap(([name, service]): [ServiceName, RawMap][] =>
      isRawMap(service) ? [[name, mergeDefaults(name, service, block)]] : [],
    ),
  );
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
  readonly stack: Env;
  readonly active: ReadonlySet<ServiceName>;
  readonly outside: ReadonlyMap<ServiceName, WrittenAddress>;
};

type Drafted = { readonly draft: ServiceDraft; readonly secretNames: ReadonlySet<string> };

const createDrafter = (
  { stack, active, outside }: DrafterInput,
  context: ModelContext,
): ((name: ServiceName, service: RawMap) => Drafted) => {
  // A stack repeats itself: the same few names and values stand in the environment of every service.
  const hash = remember((text) => digest('sha256', text, 'hex').slice(0, 16));
  const isSecretName = remember(looksSecret);

  const draftWith = (name: ServiceName, service: RawMap, shared: Env): Drafted => {
    const env = serviceEnv({ name, service, shared, isSecretName, isActive: active.has(name) }, context);
    return { draft: toDraft({ name, service, env: env.values, hash }, context), secretNames: env.secrets };
  };

  const values = new Map([...stack.values].map(([key, value]) => [key, fillOutside(value, outside)]));
  return (name, service) => {
    const asWritten = draftWith(name, service, stack);
    if (outside.size === 0) return asWritten;
    const { draft, secretNames } = draftWith(name, fillOutside(service, outside), { ...stack, values });
    // Whether the others take part in this run, or run already, makes no other definition.
    return { secretNames, draft: { ...draft, definitionHash: asWritten.draft.definitionHash } };
  };
};

type Selected = { readonly merged: ReadonlyMap<ServiceName, RawMap>; readonly active: ReadonlySet<ServiceName> };

/** Services that do not take part and whose address one that does wants to know. */
const findOutside = (
  { merged, active }: Selected,
  { addresses, report }: ModelContext,
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

const stackEnv = (raw: RawMap, { envFiles }: ModelContext): Env => {
  const fromFile = envFiles.read({ raw, base: [], isOptional: false });
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
  { envFiles, environment }: ModelContext,
): { values: ReadonlyMap<string, string>; secrets: ReadonlySet<string> } => {
  const isOptional = service['optional'] === true;
  const fromFile = isActive ? envFiles.read({ raw: service, base: ['services', name], isOptional }) : [];
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

const toDraft = ({ name, service, env, hash }: DraftInput, { root, report }: ModelContext): ServiceDraft =>
  resolveService({
    name,
    raw: service,
    env: Object.fromEntries([...env].map(([key, value]): [string, Text] => [key, toText(value)])),
    absolute: (file) => path.resolve(root, file),
    hash,
    report,
  });
