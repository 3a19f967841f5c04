import type { Report } from '../domain/issue.ts';
import { bareMap, isRawList, isRawMap, type RawMap, type RawValue } from '../domain/raw.ts';
import type { ServiceName, Text } from '../domain/service.ts';
import { toText } from '../domain/text.ts';
import type { EnvFiles } from './env-files.ts';
import type { Layers } from './layers.ts';
import { toEnvEntries } from './merge-defaults.ts';
import { fillOutside, type WrittenAddress } from './outside-addresses.ts';
import { type StackFile, toWrittenPath } from './stack-file.ts';

/** Variables, and which of them come from a file: their values may be secrets whatever they are called. */
export type Env = { readonly values: Readonly<Record<string, string>>; readonly fromFile: ReadonlySet<string> };

export type EnvContext = { readonly envFiles: EnvFiles; readonly environment: string; readonly layers: Layers };

const nothing: Env = { values: bareMap<string>(), fromFile: new Set() };

/** What a file says at its stack level holds for its own services. */
export const toStackEnv = (file: StackFile, envFiles: EnvFiles): Env => {
  const { effective: raw, source, collector } = file;
  const report: Report = (issue) => collector.report({ ...issue, path: toWrittenPath(file, issue.path) });
  const fromFile = envFiles.read({ raw, base: [], isOptional: false, folder: source.root, report });
  return layer(nothing, fromFile, raw['env']);
};

export type ServiceEnv = {
  readonly name: ServiceName;
  readonly service: RawMap;
  /** That of its file. */
  readonly shared: Env;
  readonly isActive: boolean;
};

export const toServiceEnv = (
  { name, service, shared, isActive }: ServiceEnv,
  { envFiles, environment, layers: { report, folderOf } }: EnvContext,
): Env => {
  const hasFiles = isActive && Object.hasOwn(service, 'env_file');
  const use = { raw: service, base: ['services', name], isOptional: service['optional'] === true, report };
  const fromFile = hasFiles ? envFiles.read({ ...use, folder: folderOf(name, ['env_file']) }) : [];
  const env = layer(shared, fromFile, service['env']);
  if (!Object.hasOwn(env.values, 'NODE_ENV')) env.values['NODE_ENV'] = environment;
  return env;
};

/** A file over what was there, and what is written in the stack file itself over that. */
const layer = (
  below: Env,
  fromFile: readonly (readonly [string, string])[],
  own: RawValue,
): Env & { readonly values: Record<string, string> } => {
  const values = Object.assign(bareMap<string>(), below.values);
  const given = isRawMap(own) || isRawList(own) ? toEnvEntries(own) : [];
  if (fromFile.length === 0 && below.fromFile.size === 0) {
    for (const [name, value] of given) values[name] = value;
    return { values, fromFile: below.fromFile };
  }
  const names = new Set(below.fromFile);
  for (const [name, value] of fromFile) {
    values[name] = value;
    names.add(name);
  }
  for (const [name, value] of given) {
    values[name] = value;
    names.delete(name);
  }
  return { values, fromFile: names };
};

/** The variables with their addresses as addresses. */
export const toTexts = (values: Env['values']): Readonly<Record<string, Text>> => {
  const texts: Record<string, Text> = { ...values };
  for (const [name, value] of Object.entries(values)) if (value.includes('\0')) texts[name] = toText(value);
  return texts;
};

export const fillEnv = ({ values, fromFile }: Env, outside: ReadonlyMap<ServiceName, WrittenAddress>): Env => ({
  values: Object.assign(
    bareMap<string>(),
    Object.fromEntries(Object.entries(values).map(([key, value]) => [key, fillOutside(value, outside)])),
  ),
  fromFile,
});
