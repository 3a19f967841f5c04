import type { CommandContext } from './context.ts';

/** `flag`: there or not. `text`: takes a value, the last one counts. `list`: may be repeated, and takes comma lists. */
export type OptionSpec = {
  readonly type: 'flag' | 'text' | 'list';
  readonly short?: string;
  /** What stands for the value in the help: `FILE`. */
  readonly value?: string;
  readonly description: string;
  /** The only values it takes. */
  readonly choices?: readonly string[];
  readonly complete?: Completes;
  /** Says something only together with this: another option, and its value. */
  readonly needs?: readonly [option: string, value: string];
  /** For machines: neither shown nor completed. */
  readonly hidden?: boolean;
};

export type Options = Readonly<Record<string, OptionSpec>>;

/** What a shell offers in the place of a value. */
export type Completes = 'file' | 'service' | 'environment' | 'command';

export type PositionalSpec = {
  readonly name: string;
  readonly description: string;
  readonly min: number;
  readonly max: number;
  readonly choices?: readonly string[];
  readonly complete?: Completes;
};

export type CommandModule = {
  /** Does the command; the answer is the exit code. */
  readonly run: (context: CommandContext) => Promise<number>;
};

/** Everything that help, parsing and completion need to know of a command; its code is loaded only when it runs. */
export type CommandSpec = {
  readonly name: string;
  /** One line, imperative, no full stop. */
  readonly summary: string;
  /** What follows `muster` in the usage line. */
  readonly usage: string;
  /** Sentences below the usage line. */
  readonly details?: readonly string[];
  readonly options: Options;
  readonly positionals: PositionalSpec | null;
  /** Somebody else's command line comes after `--`, and has to. */
  readonly takesCommand?: true;
  readonly examples?: readonly string[];
  /** Null: in the contract, and not in this version. */
  readonly load: (() => Promise<CommandModule>) | null;
};

/** The user's words, checked against the table. */
export type Args = {
  readonly flag: (name: string) => boolean;
  readonly text: (name: string) => string | null;
  readonly list: (name: string) => readonly string[];
  readonly positionals: readonly string[];
  /** What stands after `--`, of a command that takes a command. */
  readonly rest: readonly string[];
};

/** Understood by every command, before or after its name. */
export const commonOptions: Options = {
  help: { type: 'flag', short: 'h', description: 'Show this help' },
  'no-color': { type: 'flag', description: 'Print without colours (as NO_COLOR does)' },
};

/** Without its letter, which means something else to `logs`. */
export const fileOption: OptionSpec = {
  type: 'text',
  value: 'FILE',
  description: 'The stack file (default: services.yaml here, else in a folder above)',
  complete: 'file',
};

/** For commands that only talk to a running stack: its environment and its profiles were chosen when it was started. */
export const runningOptions: Options = { file: { ...fileOption, short: 'f' } };

/** For every command that reads the stack. */
export const stackOptions: Options = {
  ...runningOptions,
  env: {
    type: 'text',
    value: 'NAME',
    description: 'The environment (default: MUSTER_ENV, NODE_ENV, else development)',
    complete: 'environment',
  },
  profile: { type: 'list', value: 'NAME', description: 'Also the services of this profile; repeat it, or separate by commas' },
};

/** For the commands that a stack on a cluster knows, too. */
export const onOption: Options = {
  on: { type: 'text', value: 'ENGINE', description: 'On a cluster instead of this machine', choices: ['kubernetes'] },
};

/** Without this, the option would be dropped, and the command act on this machine. */
export const needsCluster = ['on', 'kubernetes'] as const;

export const clusterOptions: Options = {
  ...onOption,
  context: {
    type: 'text',
    value: 'NAME',
    description: 'The cluster, as kubectl calls it (default: its current context)',
    needs: needsCluster,
  },
  namespace: { type: 'text', value: 'NAME', description: 'The namespace (default: that of the context)', needs: needsCluster },
};

/** For the commands that build what they put on a cluster. */
export const registryOption: Options = {
  registry: {
    type: 'text',
    value: 'HOST',
    description: 'On a cluster: where images that are built go (default: MUSTER_REGISTRY)',
    needs: needsCluster,
  },
};

export const jsonOption: Options = {
  json: { type: 'flag', description: 'Print data as JSON' },
};

/** With the words of the README. */
export const exitCodes: readonly (readonly [number | string, string])[] = [
  [0, 'done; also when the stack was degraded'],
  [
    1,
    'a required service failed, somebody else took the stack down before it was up, something could not be stopped, or what was asked for was refused',
  ],
  [2, 'bad usage or configuration'],
  [3, 'port conflict'],
  [4, 'timed out (health_timeout, boot_timeout), and nothing failed otherwise'],
  [
    5,
    'another supervisor holds the stack: it cannot be joined (another version, or it does not answer), or what was asked for may not be done beside it',
  ],
  [6, 'degraded, with --strict'],
  ['130/143', 'interrupted by Ctrl-C / SIGTERM (129: SIGHUP)'],
  [70, 'a bug in muster; please report what it printed'],
];
