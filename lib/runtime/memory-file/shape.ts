/**
 * What every field of the file must look like, as tables. The file may have been edited, merged or planted, so nothing of it
 * is believed before it has passed here.
 */

import { keptKinds, ownWords } from '../../domain/kept-failure.ts';

/** Null: fits. Otherwise where it does not, and what was expected: `attempts[0].begun: expected a time`. */
export type Check = (value: unknown, at: string) => string | null;

export type Shape = Readonly<Record<string, Check>>;

const expecting =
  (what: string, fits: (value: unknown) => boolean): Check =>
  (value, at) =>
    fits(value) ? null : `${at}: expected ${what}`;

/** Also absent: nulls are left out of the file. */
const nullable =
  (check: Check): Check =>
  (value, at) =>
    value === null || value === undefined ? null : check(value, at);

const listOf =
  (check: Check): Check =>
  (value, at) => {
    if (!Array.isArray(value)) return `${at}: expected a list`;
    for (const [index, item] of value.entries()) {
      if (check(item, '') !== null) return check(item, `${at}[${index}]`);
    }
    return null;
  };

/** Fields that the shape does not name are left alone. */
export const objectOf =
  (shape: Shape): Check =>
  (value, at) => {
    if (!isObject(value)) return `${at}: expected an object`;
    for (const key in shape) {
      const item = Object.hasOwn(value, key) ? value[key] : undefined;
      // The place is only put together where something is wrong: most of a file is right, and there is a lot of it.
      if (shape[key]?.(item, '') !== null) return shape[key]?.(item, `${at}.${key}`) ?? null;
    }
    return null;
  };

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isWhole = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

const oneOf = (...words: readonly string[]): Check =>
  expecting(words.join(' or '), (value) => typeof value === 'string' && words.includes(value));

const text = expecting('a text', (value) => typeof value === 'string');
const filledText = expecting('a text that is not empty', (value) => typeof value === 'string' && value !== '');
const whole = expecting('a whole number', isWhole);
const positive = expecting('a whole number above 0', (value) => isWhole(value) && value > 0);
/** Longer than any boot: 30,000 years would be a mistake as well. */
const time = expecting('a time in milliseconds', (value) => typeof value === 'number' && value >= 0 && value < 1e15);
const port = expecting('a port', (value) => isWhole(value) && value > 0 && value < 65_536);
/** No system hands out numbers as large; 0, 1 and negative ones mean something else to `kill`. */
const pid = expecting('a pid', (value) => isWhole(value) && value > 1 && value < 2 ** 30);
const firstPid = expecting('a pid', (value) => isWhole(value) && value > 0 && value < 2 ** 30);

const identity = (pidCheck: Check): Check => objectOf({ pid: pidCheck, startTime: filledText, bootId: filledText });

/** A service is never process 1; a supervisor in a container is. */
export const supervisorCheck: Check = identity(firstPid);

export const logEndShape: Shape = { offset: whole, base: nullable(whole) };

export const earlierShape: Shape = { logs: listOf(objectOf(logEndShape)), sign: nullable(text) };

export const runningShape: Shape = {
  attempt: whole,
  restarts: whole,
  restartTimes: nullable(listOf(time)),
  streak: nullable(whole),
  desired: oneOf('running', 'stopped'),
  state: filledText,
  since: nullable(time),
  process: nullable(identity(pid)),
  ports: listOf(objectOf({ name: nullable(text), port })),
  startedAt: nullable(time),
  earlier: nullable(objectOf(earlierShape)),
  lastHealth: nullable(oneOf('healthy', 'unhealthy')),
  until: nullable(time),
  failure: nullable(text),
  askedAt: nullable(time),
  next: nullable(oneOf('stopped', 'start', 'retry', 'fail')),
  stoppedFor: nullable(filledText),
  definitionHash: text,
};

const truth = expecting('true or false', (value) => typeof value === 'boolean');
/** Also where a file of an older muster does not have it. */
const orAbsent = nullable;

export const attemptShape: Shape = {
  queued: orAbsent(time),
  begun: time,
  portsClear: nullable(time),
  spawned: nullable(time),
  firstProbe: nullable(time),
  lastMiss: orAbsent(time),
  signed: orAbsent(time),
  held: orAbsent(time),
  checks: orAbsent(whole),
  cpu: orAbsent(time),
  ready: nullable(time),
  failed: nullable(time),
  ended: orAbsent(time),
  reason: nullable(text),
};

/** The fields that are absent, not null, when there is nothing to say. */
export const optionalOfAttempt = ['queued', 'lastMiss', 'signed', 'held', 'checks', 'cpu', 'ended'] as const;

const ports: Check = (value, at) =>
  Array.isArray(value) && value.length <= 8
    ? listOf(port)(value, at)
    : expecting('a list of at most 8 ports', () => false)(value, at);

export const misplacedShape: Shape = {
  declared: ports,
  real: ports,
  at: orAbsent(objectOf({ address: filledText, host: filledText })),
};

export const failureShape: Shape = {
  kind: oneOf(...keptKinds),
  said: orAbsent(expecting('words of muster', (value) => typeof value === 'string' && ownWords(value) === value)),
  port: orAbsent(port),
  asked: orAbsent(whole),
  refused: orAbsent(oneOf('health', 'ready')),
  misplaced: orAbsent(objectOf(misplacedShape)),
};

export const timelineShape: Shape = {
  satisfied: nullable(time),
  releasedBy: nullable(text),
  delayed: nullable(time),
  attempts: listOf(objectOf(attemptShape)),
  ready: nullable(time),
  settled: orAbsent(time),
  outcome: oneOf('ready', 'completed', 'failed', 'skipped', 'stopped', 'unsettled', 'reused'),
  reason: nullable(text),
  failure: orAbsent(objectOf(failureShape)),
  definitionHash: text,
};

export const stopTimelineShape: Shape = {
  asked: time,
  signalled: nullable(time),
  releasedBy: nullable(text),
  killed: nullable(time),
  gone: nullable(time),
};

/** Without its services: each of them is an entry of its own. */
export const stopShape: Shape = { startedAt: time, took: time, hurried: truth };

/** Without its services and its stop. */
export const runShape: Shape = {
  id: positive,
  uid: orAbsent(filledText),
  startedAt: time,
  environment: text,
  machine: orAbsent(text),
  warm: orAbsent(truth),
  trigger: text,
  outcome: oneOf('up', 'degraded', 'failed', 'timed-out', 'interrupted'),
  duration: time,
  ownCpu: orAbsent(time),
  definitionHash: text,
  maxParallel: nullable(positive),
};

const ascending: Check = (value, at) => {
  const fault = listOf(time)(value, at);
  if (fault !== null || !Array.isArray(value)) return fault;
  return value.every((item, index) => index === 0 || item >= value[index - 1]) ? null : `${at}: expected ascending times`;
};

const sketch: Shape = { boots: whole, failures: whole, quantiles: ascending };

export const kindShape: Shape = { environment: text, machine: text, warm: truth, ...sketch };

export const foldedShape: Shape = { ...sketch, lastRun: whole, kinds: orAbsent(listOf(objectOf(kindShape))) };

export const foldedRunsShape: Shape = { count: whole, uids: listOf(filledText) };

export const projectShape: Shape = { root: filledText, uid: nullable(whole), machine: nullable(text) };
