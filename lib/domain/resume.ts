/**
 * What becomes of the services of a supervisor that was killed: decided here from what it had recorded and from what is alive,
 * before anything is touched. A service goes on where it was: ready, on its way up, in its back-off, or half stopped.
 */

import type { Adoption, Resumed } from './events.ts';
import type { ProcessIdentity } from './process.ts';
import type { RecordedService } from './recorded.ts';
import type { Ms, Service, ServiceName } from './service.ts';
import type { AfterStop, Failure, RestartCount, StopReason } from './state.ts';

/** Something alive that carries the project's marker. */
export type Found = {
  readonly identity: ProcessIdentity;
  readonly service: ServiceName;
  readonly attempt: number;
  /** It leads a process group, as what muster spawns does. */
  readonly leads: boolean;
};

export type ResumeInput = {
  readonly services: ReadonlyMap<ServiceName, Service>;
  /** Topological. */
  readonly order: readonly ServiceName[];
  readonly recorded: Readonly<Record<ServiceName, RecordedService>>;
  readonly found: readonly Found[];
  readonly now: Ms;
  /** Epoch milliseconds of the same moment. */
  readonly wall: number;
};

export type Resumption = {
  readonly adoptions: ReadonlyMap<ServiceName, Adoption>;
  /** Taken over as they are: ready, or on their way. */
  readonly adopted: readonly ServiceName[];
  /** Their stop goes on. */
  readonly stopping: readonly ServiceName[];
  /** They ran when their supervisor was last heard of, and do not any more. */
  readonly unseen: readonly ServiceName[];
  /** Were to run, and are brought up by the next boot even when nobody names them. */
  readonly wanted: readonly ServiceName[];
};

const runs = new Set(['starting', 'ready', 'unhealthy']);
const isOnItsWay = new Set(['waiting', 'delayed', 'starting', 'backoff', 'stopping', 'skipped', 'stopped', 'ready', 'unhealthy']);

export const resume = (input: ResumeInput): Resumption => {
  const adoptions = new Map<ServiceName, Adoption>();
  const wanted: ServiceName[] = [];
  const kept = new Set<ServiceName>();
  for (const name of input.order) {
    const service = input.services.get(name);
    const record = Object.hasOwn(input.recorded, name) ? input.recorded[name] : undefined;
    const found = input.found.filter((each) => each.service === name);
    if (service === undefined || (record === undefined && found.length === 0)) continue;
    const as = record === undefined ? resting : toResumed({ ...input, service, record, found });
    const isDone = as.kind === 'completed' && service.dependsOn.every(({ on }) => kept.has(on));
    if (isDone || (as.kind === 'running' && record?.state !== 'starting')) kept.add(name);
    const number = Math.max(record?.attempt ?? 0, ...found.map(({ attempt }) => attempt));
    adoptions.set(name, {
      number: as.kind === 'running' || as.kind === 'stopping' ? (record?.attempt ?? number) : number,
      ports: record?.ports ?? [],
      restarts: record === undefined ? none : toCount(record, input),
      as: as.kind === 'completed' && !isDone ? resting : as,
      ...(record === undefined ? {} : withEarlier(as, record, input)),
    });
    if (record?.desired === 'running' && isOnItsWay.has(record.state)) wanted.push(name);
  }
  const ofKind = (...kinds: readonly Resumed['kind'][]): ServiceName[] =>
    [...adoptions].flatMap(([name, { as }]) => (kinds.includes(as.kind) ? [name] : []));
  return {
    adoptions,
    adopted: ofKind('running'),
    stopping: ofKind('stopping'),
    unseen: ofKind('died'),
    wanted,
  };
};

/** Of what was ready nothing is waited for any more; of what was not, where it was not told, all counts that came since it began. */
const withEarlier = (
  as: Resumed,
  { earlier, state, since, startedAt }: RecordedService,
  at: ResumeInput,
): Pick<Adoption, 'earlier'> => {
  if (as.kind !== 'running' && as.kind !== 'stopping') return {};
  if (earlier !== null) return { earlier };
  const began = Math.min(since ?? at.wall, startedAt ?? at.wall);
  return state === 'starting' ? { earlier: { before: toNow(began, at) } } : {};
};

const toNow = (epoch: number, { now, wall }: Pick<ResumeInput, 'now' | 'wall'>): Ms => now - Math.max(0, wall - epoch);

const none: RestartCount = { times: [], streak: 0, sinceReady: 0 };
const resting: Resumed = { kind: 'resting' };

type Question = ResumeInput & { readonly service: Service; readonly record: RecordedService };

const toResumed = (question: Question): Resumed => {
  const { service, record, found, wall } = question;
  const leader = findLeader(record, found);
  // Another definition: it is a leftover, which is ended, and a new one may follow.
  if (record.definitionHash !== service.definitionHash) return resting;
  if (leader !== null && record.state === 'stopping') {
    const left = record.askedAt === null ? null : Math.max(0, service.stop.timeout - Math.max(0, wall - record.askedAt));
    return { kind: 'stopping', identity: leader, graceLeft: left, next: toNext(record) };
  }
  if (leader !== null && record.desired === 'running' && runs.has(record.state)) {
    const spawnedAt = toNow(record.startedAt ?? record.since ?? wall, question);
    return { kind: 'running', identity: leader, was: record.state as 'starting' | 'ready' | 'unhealthy', spawnedAt };
  }
  if (leader !== null) return resting;
  if (record.state === 'backoff') {
    const left = Math.min(Math.max(0, (record.until ?? wall) - wall), service.restart.maxDelay);
    return { kind: 'backoff', left, failure: toFailure(record) };
  }
  if (record.process !== null && record.desired === 'running' && runs.has(record.state))
    return { kind: 'died', beforeReady: record.state === 'starting' };
  if (record.state === 'completed' && service.type === 'task') return { kind: 'completed' };
  if (record.state === 'failed') return { kind: 'failed', failure: toFailure(record) };
  return record.state === 'stopped' && record.desired === 'stopped' ? { kind: 'stopped', reason: toReason(record) } : resting;
};

/**
 * The process that was recorded; or, where the supervisor died between the spawn and the note of it, the oldest one of the
 * attempt that was announced, if it leads a group as what was spawned does.
 */
const findLeader = ({ process, attempt, state }: RecordedService, found: readonly Found[]): ProcessIdentity | null => {
  const own = found.filter((each) => each.attempt === attempt);
  if (process !== null) return own.find(({ identity }) => isSame(identity, process))?.identity ?? null;
  if (state !== 'starting' && state !== 'stopping') return null;
  const [oldest] = own.sort(
    (a, b) => Number(a.identity.startTime) - Number(b.identity.startTime) || a.identity.pid - b.identity.pid,
  );
  return oldest?.leads === true ? oldest.identity : null;
};

const isSame = (a: ProcessIdentity, b: ProcessIdentity): boolean =>
  a.pid === b.pid && a.startTime === b.startTime && a.bootId === b.bootId;

const toNext = (record: RecordedService): AfterStop => {
  switch (record.next) {
    case 'start':
      return { to: 'start' };
    case 'retry':
      return { to: 'retry', failure: toFailure(record) };
    case 'fail':
      return { to: 'fail', failure: toFailure(record) };
    case 'stopped':
    case null:
      return { to: 'stopped', reason: record.desired === 'running' ? { kind: 'restart' } : toReason(record) };
  }
};

const toReason = ({ stoppedFor }: RecordedService): StopReason =>
  stoppedFor === null ? { kind: 'user' } : { kind: 'dependency-lost', on: stoppedFor };

const toFailure = ({ failure }: RecordedService): Failure => ({ kind: 'earlier', said: failure ?? 'failed' });

const toCount = ({ restarts, restartTimes, streak }: RecordedService, at: ResumeInput): RestartCount => ({
  times: (restartTimes ?? []).map((time) => toNow(time, at)),
  streak: streak ?? restarts,
  sinceReady: restarts,
});
