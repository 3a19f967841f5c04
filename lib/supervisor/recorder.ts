import type { Change } from '../domain/events.ts';
import type { AttemptTimeline, RunOutcome, RunRecord, ServiceTimeline } from '../domain/history.ts';
import type { Ms, ServiceName, Stack } from '../domain/service.ts';
import type { ServiceRecord, ServiceState } from '../domain/state.ts';
import { describeFailureBriefly } from '../domain/words.ts';

export type RecorderOptions = {
  readonly stack: Stack;
  readonly names: readonly ServiceName[];
  readonly began: Ms;
  readonly startedAt: number;
  readonly trigger: string;
  /** Of the whole stack. */
  readonly definitionHash: string;
};

export type Recorder = {
  note(changes: readonly Change[]): void;
  finish(id: number, outcome: RunOutcome, now: Ms): RunRecord;
};

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
type Draft = Omit<Mutable<ServiceTimeline>, 'attempts'> & { attempts: Mutable<AttemptTimeline>[]; isAdopted: boolean };

/** Writes down a boot while it happens: every time comes from the change that it belongs to. */
export const createRecorder = (options: RecorderOptions): Recorder => {
  const { stack, began } = options;
  const drafts = new Map<ServiceName, Draft>();
  for (const name of options.names) {
    drafts.set(name, {
      isAdopted: false,
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
        if (draft !== undefined) noteChange(draft, change, began);
      }
    },
    finish: (id, outcome, now) => ({
      id,
      startedAt: options.startedAt,
      environment: stack.environment,
      trigger: options.trigger,
      outcome,
      duration: now - began,
      definitionHash: options.definitionHash,
      maxParallel: stack.maxParallel,
      services: Object.fromEntries([...drafts].map(([name, { isAdopted: _, ...timeline }]) => [name, timeline])),
    }),
  };
};

const noteChange = (draft: Draft, { before, after, event, at: now }: Change, began: Ms): void => {
  if (event.type === 'adopted') draft.isAdopted = true;
  const at = now - began;
  const from = before.state;
  const to = after.state;
  if (passedGate(from, to)) {
    // The first pass counts: a retry waits for its back-off, not for its dependencies.
    if (draft.satisfied === null) {
      draft.satisfied = at;
      draft.releasedBy = after.releasedBy;
    }
    if (to.kind !== 'delayed') draft.delayed ??= at;
  }
  if (to.kind === 'starting') noteStarting(draft, { before, after, at, began });
  if (from.kind === 'starting' && to.kind !== 'starting') noteEndOfStart(draft, to, at);
  if (event.type === 'probed' && event.purpose === 'ready' && to.kind === 'ready') noteLastMiss(draft, event.missedAt, began);
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
      begun: at,
      portsClear: null,
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
  if (state.process !== null) attempt.spawned ??= state.process.spawnedAt - began;
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

const noteLastMiss = (draft: Draft, missedAt: Ms | null, began: Ms): void => {
  const attempt = draft.attempts.at(-1);
  if (attempt !== undefined && missedAt !== null) attempt.lastMiss = missedAt - began;
};

/** A process that ran already, or a task whose inputs are as they were at its last success: nothing was started. */
const noteReused = (draft: Draft): void => {
  draft.attempts.pop();
  draft.outcome = 'reused';
  draft.isAdopted = false;
};

const reasonOf = (state: ServiceState): string | null => {
  if (state.kind === 'backoff' || state.kind === 'failed') return describeFailureBriefly(state.failure);
  if (state.kind !== 'stopping') return null;
  return state.next.to === 'retry' || state.next.to === 'fail' ? describeFailureBriefly(state.next.failure) : null;
};

const noteSettled = (draft: Draft, to: ServiceState, at: Ms): void => {
  switch (to.kind) {
    case 'ready':
      draft.ready ??= at;
      draft.outcome = 'ready';
      draft.reason = null;
      return;
    case 'completed':
      draft.outcome = 'completed';
      return;
    case 'failed':
      draft.outcome = 'failed';
      draft.reason = describeFailureBriefly(to.failure);
      return;
    case 'skipped':
      draft.outcome = 'skipped';
      draft.reason = `${to.chain.at(-1)} failed`;
      return;
    case 'waiting':
      draft.outcome = 'unsettled';
      return;
    default:
      return;
  }
};
