import type {
  Condition,
  LogPolicy,
  Ms,
  NotifyEvent,
  OnLoss,
  PortConflict,
  Probe,
  RestartPolicy,
  Service,
  StopPolicy,
} from './service.ts';

/** What holds where `services.yaml` says nothing: the last column of the README's field table. */
export const defaults: {
  readonly type: Service['type'];
  readonly host: string;
  readonly portConflict: PortConflict;
  readonly startupDelay: Ms;
  readonly waitBeforeStart: Ms;
  readonly healthTimeout: Ms;
  readonly onLoss: OnLoss;
  readonly shutdownDeadline: Ms;
  readonly environment: string;
  readonly watchDebounce: Ms;
  readonly hookTimeout: Ms;
  readonly webhookTimeout: Ms;
  readonly notifyEvents: readonly NotifyEvent[];
} = {
  type: 'service',
  host: '127.0.0.1',
  portConflict: 'reclaim',
  startupDelay: 0,
  waitBeforeStart: 0,
  healthTimeout: 60_000,
  onLoss: 'ignore',
  shutdownDeadline: 30_000,
  environment: 'development',
  watchDebounce: 500,
  hookTimeout: 30_000,
  webhookTimeout: 5_000,
  // What somebody who is not looking wants to know.
  notifyEvents: [
    'healthChanged',
    'serviceRestarting',
    'serviceFailed',
    'stackReady',
    'stackDegraded',
    'stackFailed',
    'stackStopped',
  ],
};

export const defaultProbe: Omit<Probe, 'check'> = { interval: 5000, timeout: 1000, retries: 3, successes: 1 };

/** A redirect is an answer, not a healthy one, and it is not followed. */
export const defaultStatus: readonly (readonly [number, number])[] = [[200, 299]];

/** 1, 2, 4, 8, 16 s; after 5 restarts within a minute it has failed. */
export const defaultRestart: RestartPolicy = {
  policy: 'on-failure',
  delay: 1000,
  maxDelay: 16_000,
  factor: 2,
  max: 5,
  window: 60_000,
  onUnhealthy: false,
  neverOn: [],
};

export const defaultStop: StopPolicy = { signal: 'SIGTERM', timeout: 5000, command: null };

export const defaultLog: Omit<LogPolicy, 'file'> = { maxSize: 10_000_000, keep: 5, split: false };

/** Relative to the project's folder. */
export const defaultLogFile = (service: string): string => `logs/${service}.log`;

/** Healthy where the dependency can prove it, completed where it ends, else started. */
export const defaultCondition = ({ type, hasProbe }: { type: Service['type']; hasProbe: boolean }): Condition =>
  type === 'task' ? 'completed' : hasProbe ? 'healthy' : 'started';

/** `testing` is what some tools call `test`. */
export const toEnvironment = (name: string): string => (name === 'testing' ? 'test' : name === '' ? defaults.environment : name);

/** What was named, else what the caller's environment says, else the default. Blank is not said. */
export const chooseEnvironment = (named: string | null, env: Readonly<Record<string, string | undefined>>): string => {
  const candidates = [named, env['MUSTER_ENV'], env['NODE_ENV']].map((name) => name?.trim() ?? '');
  return toEnvironment(candidates.find((name) => name !== '') ?? '');
};
