import { type Diagnostic, formatDiagnostic } from '../../domain/diagnostic.ts';
import type { Outcome, RootCause } from '../../domain/outcome.ts';
import type { ProcessIdentity, Survivor } from '../../domain/process.ts';
import type { ServiceName } from '../../domain/service.ts';
import type { StackSnapshot } from '../../domain/snapshot.ts';
import { describeFailure, describeSurvivors } from '../../domain/words.ts';
import type { BootReport, FailureFacts, Refusal } from '../control.ts';

/** What every call answers with: nothing that a stack or its definition does is thrown. `Value` says what there is besides. */
export type Result<Value extends object = object> =
  | ({ readonly ok: true } & Value)
  | { readonly ok: false; readonly error: StackError };

/** Why a call did not do what was asked; `message` is for people, and everything else for programs. */
export type StackError = { readonly message: string } & (
  | {
      /** The definition has mistakes: all of them, with their places in `source`, sorted. */
      readonly kind: 'invalid';
      readonly diagnostics: readonly Diagnostic[];
      /** The text that was read, where a program has defined the stack; null: a file. */
      readonly source: string | null;
    }
  /** The boot is over, or the services that were asked for have settled, and something required is not up. */
  | {
      readonly kind: 'failed';
      readonly verdict: Outcome['verdict'];
      readonly failures: readonly FailureFacts[];
      readonly snapshot: StackSnapshot;
    }
  /** Somebody else supervises the stacks of this folder. */
  | { readonly kind: 'held'; readonly holder: ProcessIdentity }
  /** The system does not let us work here. */
  | { readonly kind: 'unusable' }
  | { readonly kind: 'unknown-service'; readonly name: string; readonly suggestion: ServiceName | null }
  | {
      readonly kind: 'needed';
      readonly neededBy: readonly { readonly name: ServiceName; readonly needs: ServiceName }[];
    }
  /** It is going down, or was while this was asked for. */
  | { readonly kind: 'stopping' }
  | { readonly kind: 'not-running' }
  | { readonly kind: 'closed' }
  /** Something could not be ended. */
  | {
      readonly kind: 'survived';
      readonly survivors: readonly { readonly name: ServiceName; readonly processes: readonly Survivor[] }[];
    }
);

export type StackErrorKind = StackError['kind'];

type Failed = { readonly ok: false; readonly error: StackError };

export const fail = (error: StackError): Failed => ({ ok: false, error });

export const invalid = (diagnostics: readonly Diagnostic[], source: string | null): Failed => {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const message = errors.map(formatDiagnostic).join('\n');
  return fail({ kind: 'invalid', message, diagnostics, source });
};

export const held = (holder: ProcessIdentity): Failed => {
  const who = holder.pid === process.pid ? 'this very process' : `pid ${holder.pid}`;
  return fail({ kind: 'held', message: `the stack of this folder is supervised by ${who}`, holder });
};

/** One name, or a list of them, from a program that nobody has compiled: anything else is no name of a service. */
export const toNames = (given: unknown): { readonly ok: true; readonly names: readonly ServiceName[] } | Failed => {
  const names: readonly unknown[] = Array.isArray(given) ? given : [given];
  const wrong = names.find((name) => typeof name !== 'string');
  if (wrong === undefined && !names.includes(undefined)) return { ok: true, names: names as readonly ServiceName[] };
  const name = String(wrong);
  return fail({ kind: 'unknown-service', message: `the name of a service is a text, not ${name}`, name, suggestion: null });
};

export const notRunning = (): Failed => fail({ kind: 'not-running', message: 'the stack does not run; start it first' });
export const closed = (): Failed => fail({ kind: 'closed', message: 'the stack is closed' });
export const stopping = (): Failed => fail({ kind: 'stopping', message: 'the stack is going down' });

export const survived = (
  survivors: readonly { readonly name: ServiceName; readonly processes: readonly Survivor[] }[],
): Failed => {
  const message = survivors.map(({ name, processes }) => `${name}: ${describeSurvivors(processes)}`).join('; ');
  return fail({ kind: 'survived', message, survivors });
};

export const refused = (refusal: Refusal, source: string | null): Failed => {
  switch (refusal.kind) {
    case 'unknown-service': {
      const hint = refusal.suggestion === null ? '' : `; did you mean "${refusal.suggestion}"?`;
      return fail({ ...refusal, message: `there is no service "${refusal.name}"${hint}` });
    }
    case 'needed': {
      const who = refusal.neededBy.map(({ name, needs }) => `${name} needs ${needs}`).join(', ');
      return fail({ ...refusal, message: `others need it: ${who}` });
    }
    case 'stopping':
      return stopping();
    case 'unreadable':
      return fail({ kind: 'invalid', message: refusal.reason, diagnostics: [], source });
  }
};

/** A boot that is over. */
export const bootFailed = ({ outcome, failures, refused: why }: BootReport, snapshot: StackSnapshot): Failed => {
  const told = failures.flatMap(({ cause: { name, state, optional } }) =>
    optional || state.kind !== 'failed' ? [] : [`${name}: ${describeFailure(state.failure)}`],
  );
  const reasons = why === undefined ? told : [why, ...told];
  return failed(outcome.verdict, { reasons, failures, snapshot });
};

/** What became of these services: why some are not up, and whether one of them is up and not well. */
export const outcomeOf = (
  names: readonly ServiceName[],
  { outcome: { causes, unwell = [] } }: StackSnapshot,
): { readonly causes: readonly RootCause[]; readonly isUnwell: boolean } => {
  const asked = new Set(names);
  const isAsked = (name: ServiceName | undefined): boolean => name !== undefined && asked.has(name);
  return {
    causes: causes.filter(({ name, skipped }) => isAsked(name) || skipped.some(([service]) => isAsked(service))),
    isUnwell: unwell.some(isAsked),
  };
};

type Settled = {
  readonly names: readonly ServiceName[];
  readonly snapshot: StackSnapshot;
  readonly failures: readonly FailureFacts[];
};

/** Of these services, those that are required and have failed; null: there is none. */
export const findFailed = ({ names, snapshot, failures }: Settled): Failed | null => {
  const asked = new Set(names);
  const down = snapshot.services.filter(
    ({ name, state, optional }) => asked.has(name) && !optional && (state === 'failed' || state === 'skipped'),
  );
  if (down.length === 0) return null;
  const reasons = down.map(({ name, state, reason, detail }) => `${name}: ${reason ?? detail ?? state}`);
  return failed(snapshot.outcome.verdict, { reasons, failures, snapshot });
};

type Failing = {
  readonly reasons: readonly string[];
  readonly failures: readonly FailureFacts[];
  readonly snapshot: StackSnapshot;
};

const failed = (verdict: Outcome['verdict'], { reasons, failures, snapshot }: Failing): Failed => {
  const message = reasons.length === 0 ? `the stack is not up (${verdict})` : reasons.join('; ');
  return fail({ kind: 'failed', message, verdict, failures, snapshot });
};
