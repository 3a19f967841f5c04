import { toCountdown } from './countdown.ts';
import { isElsewhere } from './engine.ts';
import type { Change } from './events.ts';
import { toOutcome } from './outcome.ts';
import type { BoundPort } from './process.ts';
import { restartsOf, tryOf } from './restart.ts';
import type { Ms, Service, ServiceName, Stack } from './service.ts';
import type { ServiceSnapshot, StackSnapshot } from './snapshot.ts';
import {
  blamedFor,
  newRecord,
  processOf,
  type ServiceRecord,
  type ServiceState,
  type StateKind,
  timeToReadyOf,
} from './state.ts';
import { describeState } from './state-words.ts';
import type { ToTime } from './words.ts';

export type SnapshotOptions = {
  readonly stack: Stack;
  /** Topological. */
  readonly order: readonly ServiceName[];
  readonly records: ReadonlyMap<ServiceName, ServiceRecord>;
  readonly now: Ms;
  /** When the run began, on the same clock as `now`. */
  readonly began: Ms;
  /** How the start time of a port's holder is told; without it, it is not. */
  readonly toTime?: ToTime;
};

/** Everything that a view needs, at one moment, as plain data. */
export const takeSnapshot = ({ stack, order, records, now, began, toTime = null }: SnapshotOptions): StackSnapshot => {
  const entries = order.flatMap((name) => {
    const service = stack.services.get(name);
    return service === undefined ? [] : [{ service, record: records.get(name) ?? newRecord }];
  });
  const [file] = stack.files;
  return {
    name: stack.name,
    environment: stack.environment,
    root: stack.root,
    ...(file === undefined ? {} : { file }),
    elapsed: Math.max(0, now - began),
    outcome: toOutcome(entries),
    services: entries.map(({ service, record }) =>
      takeServiceSnapshot({ service, record, now, began, toTime, rootState: rootStateOf(record, records) }),
    ),
  };
};

const rootStateOf = ({ state }: ServiceRecord, records: SnapshotOptions['records']): StateKind =>
  (state.kind === 'skipped' ? records.get(state.chain.at(-1) ?? '')?.state.kind : undefined) ?? 'failed';

type Witness = Pick<SnapshotOptions, 'records' | 'toTime'> & { readonly stack: Pick<Stack, 'services'> };

/** A service as a change has left it. Null: the stack does not have it any more. */
export const takeSnapshotAfter = (
  { name, after, at }: Change,
  { stack, records, toTime = null }: Witness,
): ServiceSnapshot | null => {
  const service = stack.services.get(name);
  if (service === undefined) return null;
  return takeServiceSnapshot({ service, record: after, now: at, began: at, toTime, rootState: rootStateOf(after, records) });
};

type ServiceOptions = {
  readonly service: Service;
  readonly record: ServiceRecord;
  readonly now: Ms;
  readonly began: Ms;
  readonly toTime?: ToTime;
  /** For a skipped service: what became of the root cause. */
  readonly rootState?: StateKind;
};

export const takeServiceSnapshot = (options: ServiceOptions): ServiceSnapshot => {
  const { service, record, now, began } = options;
  const { state } = record;
  const live = processOf(state);
  return {
    name: service.name,
    label: service.label,
    group: service.replica?.of ?? null,
    type: service.type,
    optional: service.optional,
    state: state.kind,
    for: Math.max(0, now - sinceOf(state, began)),
    ...describeState(options),
    ...withCountdown(state, service, now),
    ...withStoppedFor(state),
    ...(record.unwatched === null ? {} : { watchPausedBy: record.unwatched }),
    ...(record.misplaced === undefined ? {} : { misplaced: record.misplaced }),
    waitsFor: state.kind === 'waiting' ? state.on : [],
    pid: live === null || isElsewhere(live.identity) ? null : live.identity.pid,
    ports: record.ports,
    url: live === null ? null : urlOf(service, record.ports),
    attempt: record.attempt,
    restarts: restartsOf(record.restarts),
    ...withTries(record),
    bootTime: timeToReadyOf(state),
    log: service.log.file,
    definition: service.definitionHash,
  };
};

const withCountdown = (state: ServiceState, service: Service, now: Ms): Pick<ServiceSnapshot, 'countdown'> => {
  const countdown = toCountdown(state, service, now);
  return countdown === null ? {} : { countdown };
};

const withStoppedFor = (state: ServiceState): Pick<ServiceSnapshot, 'stoppedFor'> => {
  const on = state.kind === 'stopped' ? blamedFor(state.reason) : null;
  return on === null ? {} : { stoppedFor: on };
};

const withTries = ({ restarts }: ServiceRecord): Pick<ServiceSnapshot, 'tries'> =>
  tryOf(restarts) > 1 ? { tries: tryOf(restarts) } : {};

const sinceOf = (state: ServiceState, began: Ms): Ms => (state.kind === 'idle' ? began : state.since);

/** Where a browser would find it: only for a service that is known to speak HTTP, by its probe. */
const urlOf = ({ ready, health, host }: Service, ports: readonly BoundPort[]): string | null => {
  const check = [ready?.check, health?.check].find((candidate) => candidate?.kind === 'http');
  const port = ports[0]?.port;
  if (check?.kind !== 'http' || port === undefined) return null;
  const [start] = typeof check.url === 'string' ? [check.url] : check.url;
  const scheme = typeof start === 'string' && start.toLowerCase().startsWith('https:') ? 'https' : 'http';
  return `${scheme}://${visitable(host)}:${port}`;
};

/** "Every address" is none that can be visited. */
const visitable = (host: string): string => {
  if (host === '0.0.0.0' || host === '::' || host === '*' || host === '') return 'localhost';
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
};
