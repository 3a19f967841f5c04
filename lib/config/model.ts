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
import { type Selection, selectActive } from './active.ts';
import type { Checked } from './checks/context.ts';
import type { EnvFiles } from './env-files.ts';
import { mergeDefaults, toEnvEntries } from './merge-defaults.ts';

export type ModelContext = {
  readonly root: string;
  readonly environment: string;
  readonly selection: Selection;
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
  const { selection, report } = context;
  const block = isRawMap(raw['defaults']) ? raw['defaults'] : {};
  const services = isRawMap(raw['services']) ? raw['services'] : {};
  const merged = new Map<ServiceName, RawMap>();
  for (const [name, service] of Object.entries(services)) {
    // A name that is no good has been reported; a service that is no map still counts as one that others can name.
    if (isRawMap(service)) merged.set(name, mergeDefaults(service, block));
  }
  const quiet: Report = () => undefined;
  const candidates = new Map(
    [...merged].map(([name, service]) => {
      const fields = toFields(service, ['services', name], quiet);
      return [name, { profiles: readTexts(fields, 'profiles'), needs: dependencyNames(service['depends_on']) }];
    }),
  );
  const { names: active, issues } = selectActive(candidates, selection);
  for (const issue of issues) report(issue);

  // A stack repeats itself: the same few names and values stand in the environment of every service.
  const hash = remember((text) => digest('sha256', text, 'hex').slice(0, 16));
  const isSecretName = remember(looksSecret);
  const shared = stackEnv(raw, context);
  const secrets = new Map<ServiceName, ReadonlySet<string>>();
  const checked = new Map<ServiceName, Checked>();
  for (const [name, service] of merged) {
    const env = serviceEnv({ name, service, shared, isSecretName, isActive: active.has(name) }, context);
    secrets.set(name, env.secrets);
    checked.set(name, { raw: service, draft: toDraft({ name, service, env: env.values, hash }, context) });
  }
  return { services: checked, names: new Set(Object.keys(services)), active, secrets };
};

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
): Env => {
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
  const values = new Map(env.values);
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
