import type { Change } from '../domain/events.ts';
import type { StopRecord, StopTimeline } from '../domain/history.ts';
import type { Ms, ServiceName } from '../domain/service.ts';
import type { Supervisor } from './supervisor.ts';

export type StopRecorder = {
  noteHurry(): void;
  /** `took`: from the beginning to the proof that nothing is left. */
  finish(took: Ms): StopRecord;
};

export type StopRecorderOptions = {
  readonly supervisor: Pick<Supervisor, 'subscribe' | 'graph' | 'records'>;
  readonly began: Ms;
  /** Epoch milliseconds. */
  readonly startedAt: number;
};

type Draft = { -readonly [Key in keyof StopTimeline]: StopTimeline[Key] };

/** Writes down a stop of the stack while it happens, so that it can be told afterwards who kept everybody waiting. */
export const recordStop = ({ supervisor, began, startedAt }: StopRecorderOptions): StopRecorder => {
  const drafts = new Map<ServiceName, Draft>();
  /** In the order in which they were gone. */
  const gone: ServiceName[] = [];
  let hurried = false;

  const begin = (name: ServiceName, asked: Ms): Draft => {
    const draft: Draft = { asked, signalled: null, releasedBy: null, killed: null, gone: null };
    drafts.set(name, draft);
    return draft;
  };

  /** What had it wait: of those that need it, directly or not, the one that was gone last. */
  const lastDependentOf = (name: ServiceName): ServiceName | null => {
    const dependents = new Set(supervisor.graph.dependentClosureOf([name]));
    return gone.findLast((other) => other !== name && dependents.has(other)) ?? null;
  };

  const note = ({ name, before, after, at }: Change): void => {
    const { state } = after;
    const now = at - began;
    if (state.kind === 'stopping') {
      const draft = drafts.get(name) ?? begin(name, now);
      if (state.askedAt !== null && draft.signalled === null) {
        draft.signalled = state.askedAt - began;
        draft.releasedBy = draft.signalled > draft.asked ? lastDependentOf(name) : null;
      }
      if (state.phase === 'killing') draft.killed ??= now;
    } else if (before.state.kind === 'stopping') {
      const hasSurvived = state.kind === 'failed' && state.failure.kind === 'survived';
      const draft = drafts.get(name);
      if (draft === undefined || draft.gone !== null || hasSurvived) return;
      draft.gone = now;
      gone.push(name);
    }
  };

  // One that was going down already, by a wish before this one, has been asked before it.
  for (const [name, { state }] of supervisor.records) {
    if (state.kind !== 'stopping') continue;
    const draft = begin(name, 0);
    if (state.askedAt !== null) draft.signalled = 0;
    if (state.phase === 'killing') draft.killed = 0;
  }
  const unsubscribe = supervisor.subscribe((changes) => {
    for (const change of changes) note(change);
  });

  return {
    noteHurry: () => {
      hurried = true;
    },
    finish: (took) => {
      unsubscribe();
      return { startedAt, took, hurried, services: Object.fromEntries(drafts) };
    },
  };
};
