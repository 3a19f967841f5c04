import type { Judged, Loaded as LoadedConfig } from '../../config/load.ts';
import { chooseEnvironment } from '../../domain/defaults.ts';
import type { Diagnostic } from '../../domain/diagnostic.ts';
import { hasErrors, sortDiagnostics } from '../../domain/diagnostic.ts';
import type { ServiceName, Stack } from '../../domain/service.ts';
import { findStackFile } from './find-file.ts';
import type { Environment, Output } from './output.ts';
import { renderDiagnostics } from './render/diagnostics.ts';
import type { Args } from './spec.ts';

/** What a command is given. It answers with its exit code, and touches neither `process.argv` nor `process.stdout`. */
export type CommandContext = {
  readonly args: Args;
  readonly cwd: string;
  readonly env: Environment;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Loads the stack and prints what is wrong with it. Null: it has errors, all of them are told, the exit code is 2. */
  readonly load: (request?: LoadRequest) => Promise<Loaded | null>;
  /** Loads the stack and prints nothing about it. */
  readonly read: (request?: LoadRequest) => Promise<ReadStack>;
  /** Looks for what is wrong with it, and prints nothing about it. */
  readonly judge: (request?: LoadRequest) => Promise<Judged>;
};

export type LoadRequest = {
  /** Only these services with what they need; all when empty. */
  readonly only?: readonly ServiceName[];
  /** What runs already takes part too, as far as the file still has it. */
  readonly also?: readonly ServiceName[];
  readonly noDeps?: boolean;
  readonly allProfiles?: boolean;
  /** Of a stack that runs already, or ran; else what the command line and the variables say. */
  readonly environment?: string;
  /** False: whether its program, folder and env files are there does not matter. */
  readonly checkSystem?: boolean;
  /** `cluster`: a service that has an image needs no command there. */
  readonly target?: 'machine' | 'cluster';
  /** Instead of the caller's variables. */
  readonly env?: Environment;
  /** It was said already which file was found. */
  readonly isTold?: boolean;
};

/** What there is, with everything that is wrong with it. */
export type ReadStack = {
  readonly stack: Stack | null;
  /** Sorted. */
  readonly diagnostics: readonly Diagnostic[];
  /** Names of environment variables, by service, whose values must not be shown. */
  readonly secrets: LoadedConfig['secrets'];
};

export type Loaded = ReadStack & { readonly stack: Stack };

export type ContextOptions = Pick<CommandContext, 'args' | 'cwd' | 'env' | 'stdout' | 'stderr'>;

export const createContext = (options: ContextOptions): CommandContext => {
  const { args, cwd, env, stderr, stdout } = options;

  const judge = async (request: LoadRequest = {}): Promise<Judged> => {
    const [file, { judgeStack }] = await Promise.all([
      chooseFile(options, request.isTold ?? false),
      import('../../config/load.ts'),
    ]);
    return await judgeStack({
      file,
      cwd,
      env: request.env ?? env,
      environment: request.environment ?? chooseEnvironment(args.text('env'), env),
      isEnvironmentNamed: request.environment === undefined && (args.text('env')?.trim() ?? '') !== '',
      profiles: args.list('profile'),
      only: request.only ?? [],
      also: request.also ?? [],
      noDeps: request.noDeps ?? false,
      allProfiles: request.allProfiles ?? false,
      checkSystem: request.checkSystem ?? true,
      target: request.target ?? 'machine',
    });
  };

  const read = async (request: LoadRequest = {}): Promise<ReadStack> => {
    const { stack, diagnostics, secrets } = (await judge(request)).load();
    return { stack, diagnostics: sortDiagnostics(diagnostics), secrets };
  };

  const load = async (request: LoadRequest = {}): Promise<Loaded | null> => {
    const { stack, diagnostics, secrets } = await read(request);
    const failed = stack === null || hasErrors(diagnostics);
    // On one line, so that it fits also where the command prints one event a line.
    if (failed && args.flag('json')) stdout.line(JSON.stringify({ ok: false, diagnostics }));
    else
      stderr.lines(
        renderDiagnostics(
          diagnostics.filter(({ severity }) => severity !== 'hint'),
          stderr,
        ),
      );
    const foreign = failed ? await findForeign(options) : null;
    if (foreign !== null) stderr.line(foreign);
    return failed ? null : { stack, diagnostics, secrets };
  };

  return { ...options, read, judge, load };
};

/** Loaded where there are mistakes in a file that was named. */
export const findForeign = async (options: ContextOptions): Promise<string | null> =>
  options.args.text('file') === null ? null : (await import('./foreign-file.ts')).tellForeign(options);

const chooseFile = async ({ args, cwd, env, stderr }: ContextOptions, isTold: boolean): Promise<string> => {
  const named = args.text('file');
  if (named !== null) return named;
  const { file, note } = findStackFile({ cwd, home: env['HOME'] ?? null, uid: process.getuid?.() ?? null });
  if (note !== null && !isTold) stderr.line(`muster: ${note}`);
  return file;
};
