/**
 * What a stack is made of, after everything in `services.yaml` is read, checked and filled in. Plain data: no positions,
 * no defaults left to guess, every duration in milliseconds, every path absolute. The fields and their meaning are those
 * of the README's field table.
 */

/** Milliseconds. */
export type Ms = number;

/** A key under `services`: letters, digits, `.`, `_`, `-`; starts with a letter or digit. */
export type ServiceName = string;

/** The address of a service, known only once its ports are chosen: `${api.port}`, `${api.host}`, `${api.url}`. */
export type AddressRef = { readonly service: ServiceName; readonly what: 'host' | 'port' | 'url' };

/** Text in which addresses may still have to be filled in. Plain text is the usual case. */
export type Text = string | readonly (string | AddressRef)[];

/** How a service is started. `direct`: the program itself, its pid is the service's pid. `shell`: one line for `/bin/sh -c`. */
export type Command =
  | { readonly kind: 'direct'; readonly program: Text; readonly args: readonly Text[] }
  | { readonly kind: 'shell'; readonly line: Text };

/** A TCP port a service listens on. `name` is null for the one given by `port:`; `wanted` is null for `port: auto`. */
export type Port = { readonly name: string | null; readonly wanted: number | null };

/** `fail`: a held port fails the start. `reclaim`: end the holder if it is provably ours, else fail. `next`: the next free one. */
export type PortConflict = 'fail' | 'reclaim' | 'next';

export type Condition = 'started' | 'healthy' | 'completed';

/** What the later loss of a dependency does to the dependent. */
export type OnLoss = 'ignore' | 'restart' | 'stop';

/** "This service waits for `on`." */
export type Dependency = {
  readonly on: ServiceName;
  readonly condition: Condition;
  /** False: wait until the dependency has settled, then start in any case. An optional dependency always counts as false. */
  readonly required: boolean;
  /** After this long of waiting, go on without it. Null: wait as long as it takes. */
  readonly waitUpTo: Ms | null;
  readonly onLoss: OnLoss;
  /** True: a restart of the dependency by hand, or because its definition changed, restarts this service too. */
  readonly restart: boolean;
};

/** How a probe asks. Passive kinds (`log`, `notify`, `file`) wait for a sign; active ones are asked again and again. */
export type ProbeCheck =
  | {
      readonly kind: 'http';
      readonly url: Text;
      readonly method: string;
      readonly headers: Readonly<Record<string, Text>>;
      /** Accepted status codes as inclusive ranges. */
      readonly status: readonly (readonly [number, number])[];
      /** Source of a regular expression that the first 64 KiB of the body must match. */
      readonly bodyMatches: string | null;
    }
  | { readonly kind: 'tcp'; readonly host: Text; readonly port: Text }
  | { readonly kind: 'exec'; readonly command: Command }
  | { readonly kind: 'log'; readonly pattern: string }
  | { readonly kind: 'notify' }
  | { readonly kind: 'file'; readonly path: Text };

export type ProbeKind = ProbeCheck['kind'];

export type Probe = {
  readonly check: ProbeCheck;
  /** Time between the end of one check and the next, once ready. */
  readonly interval: Ms;
  /** Total deadline of one check. */
  readonly timeout: Ms;
  /** Failures in a row after which a ready service is unhealthy. */
  readonly retries: number;
  /** Passes in a row that it takes to be ready, or healthy again. */
  readonly successes: number;
};

export type RestartPolicy = {
  readonly policy: 'no' | 'on-failure' | 'always';
  readonly delay: Ms;
  readonly maxDelay: Ms;
  readonly factor: number;
  /** Restarts within `window` after which the breaker opens. */
  readonly max: number;
  readonly window: Ms;
  readonly onUnhealthy: boolean;
  /** Exit codes that are final. */
  readonly neverOn: readonly number[];
};

export type StopPolicy = {
  readonly signal: StopSignal;
  /** Grace: time between the stop signal and SIGKILL to the whole tree. */
  readonly timeout: Ms;
  readonly command: Command | null;
};

export const stopSignals = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGKILL'] as const;
export type StopSignal = (typeof stopSignals)[number];

export type LogPolicy = {
  /** Absolute path inside the project. */
  readonly file: string;
  /** Bytes after which the file is rotated. */
  readonly maxSize: number;
  /** Rotated files that are kept. */
  readonly keep: number;
  /** True: stderr goes to a file of its own, beside `file`, ending in `.err.log`. */
  readonly split: boolean;
};

/** Globs of what may be removed before a fresh start, and the absolute path of the folder that they are relative to. */
export type CleanRule = { readonly folder: string; readonly globs: readonly string[] };

/** A command around the life of a service or of the stack. */
export type Hook = {
  readonly command: Command;
  /** After this long it is killed, and has failed. */
  readonly timeout: Ms;
};

export const hookNames = ['before_start', 'after_ready', 'before_stop', 'after_stop'] as const;
export type HookName = (typeof hookNames)[number];

export const stackHookNames = ['before_up', 'after_up', 'before_down', 'after_down'] as const;
export type StackHookName = (typeof stackHookNames)[number];

/** Files whose change restarts a service. */
export type WatchRule = {
  /** Absolute path of the folder that the globs are relative to. */
  readonly folder: string;
  /** Those with a `!` in front take files out again. */
  readonly globs: readonly string[];
  /** How long nothing may have changed before it is restarted: a burst of changes is one. */
  readonly debounce: Ms;
  /** In this environment. */
  readonly isOn: boolean;
};

/** Thousandths of a processor; bytes. Null: nothing is said. */
export type Amounts = { readonly cpu: number | null; readonly memory: number | null };

/** What an image is built from. */
export type Build = {
  /** Absolute. */
  readonly context: string;
  /** Relative to the context. */
  readonly dockerfile: string;
  /** `ARG`s of the Dockerfile. */
  readonly args: Readonly<Record<string, string>>;
  /** The stage that is built; null: the last. */
  readonly target: string | null;
};

/** What is only used on a cluster; nothing on this machine looks at it. */
export type Cluster = {
  readonly image: string | null;
  /** Absolute path of the folder; the Dockerfile relative to it. */
  readonly build: Build | null;
  /** Reachable from outside the cluster; under this name, or under whatever address the cluster gives. */
  readonly expose: { readonly host: string | null } | null;
  readonly resources: { readonly requests: Amounts; readonly limits: Amounts };
};

export type Service = {
  readonly name: ServiceName;
  readonly label: string;
  readonly type: 'service' | 'task';
  readonly command: Command;
  readonly cwd: string;
  /** What the service gets on top of muster's own environment, in full: stack, env files and service merged. */
  readonly env: Readonly<Record<string, Text>>;
  readonly host: string;
  readonly ports: readonly Port[];
  readonly portConflict: PortConflict;
  /** Inclusive; where `next` looks. */
  readonly portRange: readonly [number, number] | null;
  readonly dependsOn: readonly Dependency[];
  readonly optional: boolean;
  readonly startupDelay: Ms;
  readonly waitBeforeStart: Ms;
  /** Longest time from the spawn to ready. Null: no limit (a task for which none was set). */
  readonly healthTimeout: Ms | null;
  /** Decides when dependents may start. Null: alive for `startupDelay` is enough. */
  readonly ready: Probe | null;
  /** Asked at its interval once ready. Null: alive is well. Always an active kind. */
  readonly health: Probe | null;
  readonly restart: RestartPolicy;
  readonly stop: StopPolicy;
  readonly profiles: readonly string[];
  readonly log: LogPolicy;
  /** Globs of a task's inputs, relative to `cwd`; null: it always runs. */
  readonly inputs: readonly string[] | null;
  /** Null: it has nothing of its own to clean. */
  readonly clean: CleanRule | null;
  /** Null: no change of a file restarts it. */
  readonly watch: WatchRule | null;
  readonly hooks: Readonly<Partial<Record<HookName, Hook>>>;
  readonly cluster: Cluster;
  /** Which instance of a service with several `replicas` it is, counted from 1; null: there is only the one. */
  readonly replica: { readonly of: ServiceName; readonly index: number } | null;
  /** Changes when anything changes that a running process would have to be restarted for. Holds no secret. */
  readonly definitionHash: string;
};

/** Commands around the life of the stack, run in the project's folder. */
export type StackHooks = {
  readonly commands: Readonly<Partial<Record<StackHookName, Hook>>>;
  /** What they get on top of muster's own environment: that of the stack. */
  readonly env: Readonly<Record<string, Text>>;
};

/** An address that is told of what happens. */
export type Webhook = {
  readonly url: string;
  /** Names of `notifyEvents`. */
  readonly events: readonly NotifyEvent[];
  /** What it is told is signed with; null: it is not signed. */
  readonly secret: string | null;
  /** The longest that one try may take. */
  readonly timeout: Ms;
};

/** What a webhook can be told. */
export const notifyEvents = [
  'serviceStarted',
  'serviceReady',
  'serviceCompleted',
  'healthChanged',
  'serviceRestarting',
  'serviceFailed',
  'serviceSkipped',
  'serviceStopping',
  'serviceStopped',
  'stackReady',
  'stackDegraded',
  'stackFailed',
  'stackStopping',
  'stackStopped',
] as const;
export type NotifyEvent = (typeof notifyEvents)[number];

/** A whole stack, only its active services, ready to be planned. */
export type Stack = {
  readonly name: string;
  /** Real path of the project's folder. */
  readonly root: string;
  /** The file it was read from, as the user named it. */
  readonly file: string;
  /** Absolute paths of all that was read: the file, those that it includes, env files. */
  readonly files: readonly string[];
  readonly environment: string;
  /** In the order of the file. */
  readonly services: ReadonlyMap<ServiceName, Service>;
  /** How many may be starting at once. Null: no limit. */
  readonly maxParallel: number | null;
  readonly bootTimeout: Ms | null;
  readonly shutdownDeadline: Ms;
  readonly hooks: StackHooks;
  readonly notify: readonly Webhook[];
  /** Of the stack as a whole; each service may have its own besides. */
  readonly clean: readonly CleanRule[];
};

/** It is ready once something of its own answers on its port. */
export const provesPort = ({ ready }: Service): boolean => ready?.check.kind === 'tcp' || ready?.check.kind === 'http';

export const isPassive = ({ check }: Probe): boolean => waitsForSign[check.kind];

/** Whether a check of the kind waits for a sign, or asks again and again. */
const waitsForSign: Readonly<Record<ProbeCheck['kind'], boolean>> = {
  http: false,
  tcp: false,
  exec: false,
  log: true,
  notify: true,
  file: true,
};
