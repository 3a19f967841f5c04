import type { Change, Resumed, ServiceEvent } from '../domain/events.ts';
import type { AttemptTimeline, RunOutcome, RunRecord, ServiceTimeline } from '../domain/history.ts';
import type { Ms, ServiceName, Stack } from '../domain/service.ts';
import { failureOf, isUp, type ServiceRecord, type ServiceState, type StateOf } from '../domain/state.ts';
import { describeFailureBriefly } from '../domain/words.ts';
import { noteFailure } from './note-failure.ts';

export type RecorderOptions = {
  readonly stack: Stack;
  readonly names: readonly ServiceName[];
  readonly began: Ms;
  readonly startedAt: number;
  readonly trigger: string;
  /** Of the whole stack. */
  readonly definitionHash: string;
  readonly uid: string;
  readonly machine: string;
  /** Something of it is up before the run begins. */
  readonly isWarm: boolean;
};

export type Recorder = {
  note(changes: readonly Change[]): void;
  /** `ownCpu`: what muster itself has computed since the beginning. */
  finish(id: number, end: { readonly outcome: RunOutcome; readonly now: Ms; readonly ownCpu: Ms }): RunRecord;
};

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
type Draft = Omit<Mutable<ServiceTimeline>, 'attempts'> & {
  attempts: Mutable<AttemptTimeline>[];
  /** Its attempt is the one that an earlier supervisor had begun. */
  isAdopted: boolean;
  /** Without, there is nothing to wait for before its spawn. */
  hasPorts: boolean;
  /** It was, at some time of this run. */
  isWarm: boolean;
  /** Since when it has been asking for a slot. */
  queued: Ms | null;
};

/** Writes down a boot while it happens: every time comes from the change that it belongs to. */
export const createRecorder = (options: RecorderOptions): Recorder => {
  const { stack, began } = options;
  const drafts = new Map<ServiceName, Draft>();
  for (const name of options.names) {
    drafts.set(name, {
      isAdopted: false,
      hasPorts: (stack.services.get(name)?.ports.length ?? 0) > 0,
      isWarm: false,
      queued: null,
      satisfied: null,
      releasedBy: null,
      delayed: null,
      attempts: [],
      ready: null,
      outcome: 'unsettled',
      reason: null,
      definitionHash: stack.services.get(name)?.definitionHash ?? '',
    });
  }

  return {
    note: (changes) => {
      for (const change of changes) {
        const draft = drafts.get(change.name);
        if (draft === undefined) continue;
        noteChange(draft, change, began);
        noteFailure(draft, change, stack.services.get(change.name));
      }
    },
    finish: (id, { outcome, now, ownCpu }) => ({
      id,
      uid: options.uid,
      startedAt: options.startedAt,
      environment: stack.environment,
      machine: options.machine,
      warm: options.isWarm || [...drafts.values()].some(({ isWarm }) => isWarm),
      trigger: options.trigger,
      outcome,
      duration: now - began,
      ownCpu: Math.round(ownCpu),
      definitionHash: options.definitionHash,
      maxParallel: stack.maxParallel,
      services: Object.fromEntries([...drafts].map(([name, draft]) => [name, toTimeline(draft)])),
      stop: null,
    }),
  };
};

const toTimeline = ({
  isAdopted: _adopted,
  hasPorts: _ports,
  isWarm: _warm,
  queued: _queued,
  ...timeline
}: Draft): ServiceTimeline => timeline;

/** As what something of an earlier boot is there still; of all else only the number goes on. */
const goesOn: ReadonlySet<Resumed['kind']> = new Set(['running', 'stopping', 'backoff', 'completed']);

const noteChange = (draft: Draft, { before, after, event, at: now }: Change, began: Ms): void => {
  if (event.type === 'adopted') {
    const { kind } = event.adoption.as;
    draft.isAdopted = kind === 'running';
    draft.isWarm = goesOn.has(kind);
  } else if (before.attempt !== after.attempt) {
    // What was taken over is lost, and this one is spawned by us.
    draft.isAdopted = false;
  }
  const at = now - began;
  const from = before.state;
  const to = after.state;
  if (passedGate(from, to)) {
    // The last pass before its first attempt counts: what it had waited for may have been lost again while it was delayed or
    // queued. A retry waits for its back-off, not for its dependencies.
    if (draft.attempts.length === 0 && from.kind !== 'delayed') {
      draft.satisfied = at;
      draft.releasedBy = after.releasedBy;
      draft.delayed = null;
    }
    if (to.kind !== 'delayed') draft.delayed ??= at;
  }
  if (to.kind === 'waiting' && to.forSlot && !(from.kind === 'waiting' && from.forSlot)) draft.queued = at;
  if (to.kind === 'starting') noteStarting(draft, { before, after, at, began });
  if (from.kind === 'starting') noteHold(draft, from, to, at);
  if (from.kind === 'starting' && to.kind !== 'starting') noteEndOfStart(draft, to, at);
  if (event.type === 'probed' && event.purpose === 'ready') noteProbe(draft, event, { isReady: to.kind === 'ready', began });
  noteEnd(draft, { from, to }, at);
  if (from.kind !== to.kind) noteSettled(draft, to, at);
  if (event.type === 'foundDone') noteReused(draft);
  if (draft.isAdopted && to.kind === 'ready') noteReused(draft);
};

const passedGate = (from: ServiceState, to: ServiceState): boolean =>
  (to.kind === 'delayed' && from.kind !== 'delayed') ||
  (to.kind === 'waiting' && to.forSlot && !(from.kind === 'waiting' && from.forSlot));

type Starting = { readonly before: ServiceRecord; readonly after: ServiceRecord; readonly at: Ms; readonly began: Ms };

const noteStarting = (draft: Draft, { before, after, at, began }: Starting): void => {
  const { state } = after;
  if (state.kind !== 'starting') return;
  if (before.state.kind !== 'starting') {
    draft.attempts.push({
      ...(draft.queued === null ? {} : { queued: draft.queued }),
      begun: at,
      portsClear: draft.hasPorts ? null : at,
      spawned: null,
      firstProbe: null,
      ready: null,
      failed: null,
      reason: null,
    });
  }
  const attempt = draft.attempts.at(-1);
  if (attempt === undefined) return;
  if (state.phase !== 'ports') attempt.portsClear ??= at;
  if (state.process !== null) attempt.spawned ??= Math.max(0, state.process.spawnedAt - began);
  if (state.firstProbe !== null) attempt.firstProbe ??= state.firstProbe - began;
};

const noteEndOfStart = (draft: Draft, to: ServiceState, at: Ms): void => {
  const attempt = draft.attempts.at(-1);
  if (attempt === undefined) return;
  if (to.kind === 'ready' || to.kind === 'completed') {
    // Ready in the very step of the spawn: the spawn was never seen as a state of its own.
    if (to.kind === 'ready') attempt.spawned ??= at;
    attempt.ready = at;
    draft.ready ??= at;
    return;
  }
  attempt.failed = at;
  attempt.reason = reasonOf(to);
};

/** With `startup_delay`, when it was over; and whether the program had given its sign by then. */
const noteHold = (draft: Draft, from: StateOf<'starting'>, to: ServiceState, at: Ms): void => {
  const attempt = draft.attempts.at(-1);
  if (attempt === undefined || !from.holding) return;
  if (to.kind === 'starting' && to.holding) {
    if (to.passes > from.passes) attempt.signed ??= at;
    return;
  }
  if (to.kind === 'starting' || to.kind === 'ready') attempt.held = at;
};

type ProbeOptions = { readonly isReady: boolean; readonly began: Ms };

const noteProbe = (draft: Draft, event: Extract<ServiceEvent, { type: 'probed' }>, { isReady, began }: ProbeOptions): void => {
  const attempt = draft.attempts.at(-1);
  if (attempt === undefined) return;
  if (isReady && event.missedAt !== null) attempt.lastMiss = event.missedAt - began;
  if (event.checks !== undefined) attempt.checks = event.checks;
  if (isReady && event.cpu !== undefined) attempt.cpu = event.cpu;
};

type Turn = { readonly from: ServiceState; readonly to: ServiceState };

/** When nothing of an attempt was left: of one that was stopped because it took too long, and of one that was ready and was lost. */
const noteEnd = (draft: Draft, { from, to }: Turn, at: Ms): void => {
  const attempt = draft.attempts.at(-1);
  const isOver = (from.kind === 'stopping' || isUp(from)) && to.kind !== 'stopping' && !isUp(to);
  if (attempt !== undefined && isOver && attempt.failed !== at) attempt.ended = at;
};

/** A process that ran already, or a task whose inputs are as they were at its last success: nothing was started. */
const noteReused = (draft: Draft): void => {
  draft.attempts.pop();
  draft.outcome = 'reused';
  draft.isAdopted = false;
};

const reasonOf = (state: ServiceState): string | null => {
  const failure = failureOf(state);
  return failure === null ? null : describeFailureBriefly(failure);
};

/** Its attempts say when it got ready or failed; of everything else they know nothing. */
const noteSettled = (draft: Draft, to: ServiceState, at: Ms): void => {
  const outcome = outcomeOf(to);
  if (outcome === null) return;
  draft.outcome = outcome;
  const last = draft.attempts.at(-1);
  const isKnown = last !== undefined && (last.ready === at || last.failed === at || last.ended === at);
  if (outcome === 'unsettled' || isKnown) delete draft.settled;
  else draft.settled = at;
  if (to.kind === 'ready') {
    draft.ready ??= at;
    draft.reason = null;
  }
  if (to.kind === 'failed') draft.reason = describeFailureBriefly(to.failure);
  if (to.kind === 'skipped') draft.reason = `${to.chain.at(-1)} failed`;
};

/** Null: nothing new. One that is stopped to be started again, or has lost its health, is what it was. */
const outcomeOf = (to: ServiceState): ServiceTimeline['outcome'] | null => {
  switch (to.kind) {
    case 'ready':
    case 'completed':
    case 'failed':
    case 'skipped':
    case 'stopped':
      return to.kind;
    case 'backoff':
    case 'waiting':
      return 'unsettled';
    default:
      return null;
  }
};
