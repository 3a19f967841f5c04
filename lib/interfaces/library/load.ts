import path from 'node:path';
import { type Loaded as LoadedConfig, loadStack } from '../../config/load.ts';
import { chooseEnvironment } from '../../domain/defaults.ts';
import { type Diagnostic, hasErrors } from '../../domain/diagnostic.ts';
import type { ServiceName, Stack } from '../../domain/service.ts';
import { type Definitions, type StackFields, toText } from './definition.ts';
import { invalid, type Result } from './errors.ts';

/** Where a stack is and how it is read: what `muster` says on its command line, with the same meaning. */
export type StackPlace = {
  /** The project's folder: memory, logs and relative paths are there. Default: the current one. */
  readonly cwd?: string;
  /** Default: `MUSTER_ENV`, else `NODE_ENV`, else `development`. */
  readonly environment?: string;
  readonly profiles?: readonly string[];
  /** What `${NAME}` means, and what the services inherit. Default: `process.env`. */
  readonly variables?: Readonly<Record<string, string | undefined>>;
};

/** A stack that is written down in a file. */
export type FileSource = StackPlace & { readonly kind: 'file'; readonly file: string };

export type StackSource =
  | FileSource
  | (StackPlace & { readonly kind: 'program'; readonly fields: StackFields; readonly services: () => Definitions });

export type LoadedStack = {
  readonly stack: Stack;
  /** Null: it is in a file. */
  readonly text: string | null;
  /** What is doubtful, and no error. */
  readonly warnings: readonly Diagnostic[];
  /** Names of environment variables, by service, whose values must not be shown. */
  readonly secrets: LoadedConfig['secrets'];
};

export const variablesOf = ({ variables = process.env }: StackPlace): Readonly<Record<string, string | undefined>> => variables;

export const folderOf = (source: StackSource): string =>
  source.kind === 'file' ? path.dirname(path.resolve(source.cwd ?? '.', source.file)) : path.resolve(source.cwd ?? '.');

/** The whole way from text to model, for both kinds. `also`: services that run already, whatever the profiles say. */
export const readStack = async (source: StackSource, also: readonly ServiceName[] = []): Promise<Result<LoadedStack>> => {
  const text = source.kind === 'file' ? null : toText(source.fields, source.services());
  const env = variablesOf(source);
  const { stack, diagnostics, secrets } = await loadStack({
    file:
      source.kind === 'file'
        ? source.file
        : `<${typeof source.fields.name === 'string' ? toFileName(source.fields.name) : 'stack'}>`,
    ...(text === null ? {} : { text }),
    cwd: path.resolve(source.cwd ?? '.'),
    env,
    environment: source.environment ?? chooseEnvironment(null, env),
    profiles: source.profiles ?? [],
    only: [],
    also,
  });
  return stack === null || hasErrors(diagnostics)
    ? invalid(diagnostics, text)
    : { ok: true, stack, text, secrets, warnings: diagnostics.filter(({ severity }) => severity === 'warning') };
};

/** A name may be anything; a part of a path may not. */
const toFileName = (name: string): string => name.replaceAll(/[/\\\0]/g, '_');
