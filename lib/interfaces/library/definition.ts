/**
 * A stack as a program writes it down: the fields of `services.yaml`, with their names and their units, so that there is one
 * reference for both. What a value means, and whether it makes sense, is checked where that of a file is.
 */

/** With its unit: `500ms`, `2s`, `1m30s`. */
export type Duration = string;

export type EnvValue = string | number | boolean | null;
export type EnvDefinition = Readonly<Record<string, EnvValue>> | readonly string[];
type OneOrMany<Value> = Value | readonly Value[];
/** `$NAME` is left to a shell; `${NAME}` is replaced by muster, and `$$` is a literal `$`. */
export type CommandDefinition = string | readonly string[];

export type DependencyDefinition = {
  readonly condition?: 'started' | 'healthy' | 'completed';
  readonly required?: boolean;
  readonly wait_up_to?: Duration;
  readonly on_loss?: 'ignore' | 'restart' | 'stop';
  readonly restart?: boolean;
};

export type HealthDefinition = {
  readonly http?: string;
  readonly tcp?: string | number | true;
  readonly exec?: CommandDefinition;
  readonly interval?: Duration;
  readonly timeout?: Duration;
  readonly retries?: number;
  readonly successes?: number;
  readonly status?: OneOrMany<string | number>;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body_matches?: string;
};

export type ReadyDefinition = HealthDefinition & {
  readonly log?: string;
  readonly notify?: true;
  readonly file?: string;
};

export type RestartDefinition =
  | 'no'
  | 'on-failure'
  | 'always'
  | {
      readonly policy?: 'no' | 'on-failure' | 'always';
      readonly delay?: Duration;
      readonly max_delay?: Duration;
      readonly factor?: number;
      readonly max?: number;
      readonly window?: Duration;
      readonly on_unhealthy?: boolean;
      readonly never_on?: readonly number[];
    };

export type StopDefinition = {
  readonly signal?: string;
  readonly timeout?: Duration;
  readonly command?: CommandDefinition;
};

export type HookDefinition = CommandDefinition | { readonly command: CommandDefinition; readonly timeout?: Duration };

export type ServiceHooksDefinition = {
  readonly before_start?: HookDefinition;
  readonly after_ready?: HookDefinition;
  readonly before_stop?: HookDefinition;
  readonly after_stop?: HookDefinition;
};

export type StackHooksDefinition = {
  readonly before_up?: HookDefinition;
  readonly after_up?: HookDefinition;
  readonly before_down?: HookDefinition;
  readonly after_down?: HookDefinition;
};

export type WebhookDefinition = {
  readonly url: string;
  readonly events?: readonly string[];
  readonly secret?: string;
  readonly timeout?: Duration;
};

export type WatchDefinition = {
  readonly files?: OneOrMany<string>;
  readonly debounce?: Duration;
  readonly enabled?: boolean;
};

export type LogDefinition = {
  readonly file?: string;
  readonly max_size?: string | number;
  readonly keep?: number;
  readonly split?: boolean;
};

/** Where there is nobody to depend on, an empty list is all that can be said. */
type DependsOn<Name extends string> = [Name] extends [never]
  ? readonly never[]
  : OneOrMany<Name> | { readonly [Key in Name]?: DependencyDefinition | null };

/** `Name`: the services that it may depend on. */
export type ServiceDefinition<Name extends string = string> = {
  readonly command?: CommandDefinition;
  readonly label?: string;
  readonly type?: 'service' | 'task';
  readonly cwd?: string;
  readonly env?: EnvDefinition;
  readonly env_file?: OneOrMany<string>;
  readonly port?: number | string;
  readonly ports?: readonly (number | string)[] | Readonly<Record<string, number | string>>;
  readonly port_conflict?: 'fail' | 'reclaim' | 'next';
  readonly port_range?: string | readonly [number, number];
  readonly host?: string;
  readonly depends_on?: DependsOn<Name>;
  readonly optional?: boolean;
  readonly startup_delay?: Duration;
  readonly wait_before_start?: Duration;
  readonly health_url?: string;
  readonly health?: HealthDefinition;
  readonly healthcheck?: Readonly<Record<string, unknown>>;
  readonly health_timeout?: Duration;
  readonly ready?: ReadyDefinition;
  readonly restart?: RestartDefinition;
  readonly stop?: StopDefinition;
  readonly watch?: OneOrMany<string> | WatchDefinition;
  readonly replicas?: number;
  readonly profiles?: readonly string[];
  readonly hooks?: ServiceHooksDefinition;
  readonly clean?: OneOrMany<string>;
  readonly log?: LogDefinition;
  readonly inputs?: OneOrMany<string>;
  readonly image?: string;
  readonly build?: string | Readonly<Record<string, unknown>>;
  readonly expose?: boolean | string;
  readonly resources?: Readonly<Record<string, unknown>>;
  readonly [free: `x-${string}`]: unknown;
};

/** The stack level of `services.yaml`, without its services. */
export type StackFields = {
  readonly name?: string;
  readonly version?: string | number;
  readonly include?: OneOrMany<string>;
  readonly env?: EnvDefinition;
  readonly env_file?: OneOrMany<string>;
  readonly defaults?: ServiceDefinition;
  readonly environments?: Readonly<
    Record<string, StackFields & { readonly services?: Readonly<Record<string, ServiceDefinition>> }>
  >;
  readonly max_parallel?: number;
  readonly boot_timeout?: Duration;
  readonly shutdown_deadline?: Duration;
  readonly clean?: OneOrMany<string>;
  readonly hooks?: StackHooksDefinition;
  readonly notify?: OneOrMany<string | WebhookDefinition>;
  readonly [free: `x-${string}`]: unknown;
};

/** In the order in which they were defined; a name that comes twice is found where one of a file is. */
export type Definitions = readonly (readonly [name: string, definition: ServiceDefinition])[];

/** What the stack would be as a `services.yaml`: the same text is read, checked and complained about. */
export const toText = (fields: StackFields, services: Definitions): string => {
  const head = toLines(Object.entries(fields), '');
  const body = toLines(services, '  ');
  return [...head, ...(body.length === 0 ? ['services: {}'] : ['services:', ...body]), ''].join('\n');
};

const toLines = (entries: readonly (readonly [string, unknown])[], indent: string): readonly string[] =>
  entries.flatMap(([key, value]): readonly string[] => {
    if (value === undefined) return [];
    const inner = isMap(value) ? toLines(Object.entries(value), `${indent}  `) : [];
    if (inner.length > 0) return [`${indent}${toKey(key)}:`, ...inner];
    return [`${indent}${toKey(key)}: ${JSON.stringify(value)}`];
  });

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !('toJSON' in value);

/** YAML reads some plain words as something else than text. */
const toKey = (key: string): string =>
  /^[A-Za-z_][\w.-]*$/.test(key) && !/^(true|false|null|~)$/i.test(key) ? key : JSON.stringify(key);
