import type {
  AttemptTimeline,
  FoldedRuns,
  FoldedService,
  History,
  RunKind,
  RunRecord,
  ServiceTimeline,
  Sketch,
  StopRecord,
  StopTimeline,
} from '../../domain/history.ts';
import type { KeptFailure } from '../../domain/kept-failure.ts';
import type { Earlier, LogEnd, Misplaced, ProcessIdentity } from '../../domain/process.ts';
import { crc32 } from '../../util/crc.ts';
import type { Project } from './encode.ts';
import { emptyMemory, type Memory, type RecordedService } from './memory.ts';
import {
  attemptShape,
  type Check,
  earlierShape,
  failureShape,
  foldedRunsShape,
  foldedShape,
  isObject,
  kindShape,
  logEndShape,
  misplacedShape,
  objectOf,
  optionalOfAttempt,
  projectShape,
  runningShape,
  runShape,
  type Shape,
  stopShape,
  stopTimelineShape,
  supervisorCheck,
  timelineShape,
} from './shape.ts';

export type Decoded = {
  readonly memory: Memory;
  /** Null: it does not say whose it is. */
  readonly project: Project | null;
  /** One for each entry that was dropped: `running.api.attempt: expected a whole number`. */
  readonly faults: readonly string[];
};

/** Reads entry by entry: one with a wrong field is dropped and named, the rest is kept. */
export const decodeDocument = (document: unknown): Decoded => {
  if (!isObject(document)) return { memory: emptyMemory, project: null, faults: ['expected an object'] };
  const faults: string[] = [];
  const running = decodeRunning(document.running, faults);
  const supervisor =
    document.supervisor !== null &&
    document.supervisor !== undefined &&
    accept(document.supervisor, 'supervisor', faults, supervisorCheck)
      ? (document.supervisor as ProcessIdentity)
      : null;
  const project = accept(document.project, 'project', faults, objectOf(projectShape))
    ? (fill(document.project, projectShape) as Project)
    : null;
  const done = document.done === undefined ? {} : decodeEntries<string>(document.done, 'done', faults, toFingerprint(faults));
  return { memory: { running, supervisor, done, history: decodeHistory(document.history, faults) }, project, faults };
};

/** What runs, name by name. */
export const decodeRunning = (value: unknown, faults: string[]): Readonly<Record<string, RecordedService>> =>
  decodeEntries<RecordedService>(value, 'running', faults, (entry, at) =>
    accept(entry, at, faults, objectOf(runningShape)) ? toRecorded(entry) : null,
  );

export const decodeHistory = (value: unknown, faults: string[]): History => {
  if (!accept(value, 'history', faults, objectOf({}))) return emptyMemory.history;
  const folded = decodeEntries<FoldedService>(value.folded, 'history.folded', faults, (entry, at) =>
    accept(entry, at, faults, objectOf(foldedShape)) ? toFolded(entry) : null,
  );
  const history = { runs: decodeRuns(value.runs, faults), folded };
  const { foldedRuns } = value;
  if (foldedRuns === undefined || !accept(foldedRuns, 'history.foldedRuns', faults, objectOf(foldedRunsShape))) return history;
  return { ...history, foldedRuns: fill(foldedRuns, foldedRunsShape) as FoldedRuns };
};

const toFolded = (value: Readonly<Record<string, unknown>>): FoldedService => {
  const { kinds, ...folded } = fill(value, foldedShape) as FoldedService;
  const toKind = (kind: RunKind & Sketch): RunKind & Sketch => fill(kind, kindShape) as RunKind & Sketch;
  // A field that is absent was filled with null, whatever its type says.
  return (kinds ?? null) === null ? folded : { ...folded, kinds: kinds?.map(toKind) ?? [] };
};

const decodeRuns = (value: unknown, faults: string[]): RunRecord[] => {
  if (!Array.isArray(value)) {
    faults.push('history.runs: expected a list');
    return [];
  }
  const runs: RunRecord[] = [];
  for (const [index, entry] of value.entries()) {
    const at = `history.runs[${index}]`;
    if (!accept(entry, at, faults, objectOf(runShape))) continue;
    const services = decodeEntries<ServiceTimeline>(entry.services, `${at}.services`, faults, (service, where) =>
      accept(service, where, faults, objectOf(timelineShape)) ? toTimeline(service) : null,
    );
    runs.push(toRun(fill(entry, runShape) as Partial<RunRecord>, services, decodeStop(entry.stop, `${at}.stop`, faults)));
  }
  const isOrdered = runs.every((run, index) => run.id > (runs[index - 1]?.id ?? 0));
  return isOrdered ? runs : runs.sort((a, b) => a.id - b.id);
};

/** What an older muster did not write is filled in: nobody knows on which machine it was, and adoptions were not told apart. */
const toRun = (entry: Partial<RunRecord>, services: RunRecord['services'], stop: StopRecord | null): RunRecord => {
  const { ownCpu = null, ...told } = entry;
  const filled = { ...told, machine: told.machine ?? '', warm: told.warm ?? false, services, stop } as RunRecord;
  const run = ownCpu === null ? filled : { ...filled, ownCpu };
  return (entry.uid ?? null) === null ? { ...run, uid: makeUid(run) } : run;
};

/** A run of an older muster: the same record has the same name wherever it is read. */
const makeUid = ({ startedAt, trigger, environment, duration, definitionHash }: RunRecord): string =>
  `${startedAt.toString(36)}-${crc32(encoder.encode(JSON.stringify([trigger, environment, duration, definitionHash]))).toString(36)}`;

const encoder = new TextEncoder();

const decodeStop = (value: unknown, at: string, faults: string[]): StopRecord | null => {
  if (value === undefined || value === null || !accept(value, at, faults, objectOf(stopShape))) return null;
  const services = decodeEntries<StopTimeline>(value.services, `${at}.services`, faults, (service, where) =>
    accept(service, where, faults, objectOf(stopTimelineShape)) ? (fill(service, stopTimelineShape) as StopTimeline) : null,
  );
  return { ...(fill(value, stopShape) as Omit<StopRecord, 'services'>), services };
};

const toFingerprint =
  (faults: string[]) =>
  (value: unknown, at: string): string | null => {
    if (typeof value === 'string' && /^[0-9a-f]{1,64}$/.test(value)) return value;
    faults.push(`${at}: expected a fingerprint`);
    return null;
  };

const toRecorded = (value: Readonly<Record<string, unknown>>): RecordedService => {
  const { earlier, ...recorded } = fill(value, runningShape) as RecordedService;
  return { ...recorded, earlier: earlier === null ? null : toEarlier(earlier) };
};

const toEarlier = (value: Earlier): Earlier => {
  const { logs, sign } = fill(value, earlierShape) as Earlier;
  return { logs: logs.map((end) => fill(end, logEndShape) as LogEnd), sign };
};

const toTimeline = (value: Readonly<Record<string, unknown>>): ServiceTimeline => {
  const { settled, failure, ...timeline } = fill(value, timelineShape) as ServiceTimeline;
  return {
    ...timeline,
    ...(typeof settled === 'number' ? { settled } : {}),
    ...((failure ?? null) === null ? {} : { failure: toFailure(failure as KeptFailure) }),
    attempts: timeline.attempts.map(toAttempt),
  };
};

const toFailure = (value: KeptFailure): KeptFailure => {
  const { misplaced, ...failure } = withoutNulls(fill(value, failureShape)) as KeptFailure;
  if (misplaced === undefined) return failure;
  return { ...failure, misplaced: withoutNulls(fill(misplaced, misplacedShape)) as Misplaced };
};

const withoutNulls = (value: unknown): unknown =>
  Object.fromEntries(Object.entries(value as object).filter(([, item]) => item !== null));

/** Some fields are absent, not null, when there is nothing to say. */
const toAttempt = (value: AttemptTimeline): AttemptTimeline => {
  const attempt = fill(value, attemptShape) as Record<string, unknown>;
  for (const key of optionalOfAttempt) if (attempt[key] === null) delete attempt[key];
  return attempt as AttemptTimeline;
};

/** A field that was checked and is absent is null; what the shape does not name is left behind. Runs for every attempt there is. */
const fill = (value: Readonly<Record<string, unknown>>, shape: Shape): unknown => {
  const filled: Record<string, unknown> = {};
  for (const key in shape) filled[key] = (Object.hasOwn(value, key) ? value[key] : null) ?? null;
  return filled;
};

const accept = (value: unknown, at: string, faults: string[], check: Check): value is Record<string, unknown> => {
  const fault = check(value, at);
  if (fault !== null) faults.push(fault);
  return fault === null;
};

/** What may be a service: this also keeps `__proto__` out. */
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

const decodeEntries = <T>(
  value: unknown,
  at: string,
  faults: string[],
  decode: (entry: unknown, at: string) => T | null,
): Record<string, T> => {
  if (!isObject(value)) {
    faults.push(`${at}: expected an object`);
    return {};
  }
  const entries: [string, T][] = [];
  for (const [name, entry] of Object.entries(value)) {
    if (!namePattern.test(name)) {
      faults.push(`${at}: ${JSON.stringify(name)} is no name of a service`);
      continue;
    }
    const decoded = decode(entry, `${at}.${name}`);
    if (decoded !== null) entries.push([name, decoded]);
  }
  return Object.fromEntries(entries);
};
