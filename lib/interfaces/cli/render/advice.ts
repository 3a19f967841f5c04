import type { KeptFailure } from '../../../domain/kept-failure.ts';
import { hadNoPort } from '../../../domain/last-boot.ts';
import type { RootCause } from '../../../domain/outcome.ts';
import type { Misplaced, PortRefusal, SpawnFailure } from '../../../domain/process.ts';
import type { ServiceName } from '../../../domain/service.ts';
import type { Failure, Refused } from '../../../domain/state.ts';
import { isPredicate, tellAddress } from '../../../domain/words.ts';
import { toSafeText } from '../../../util/terminal-text.ts';

/** What failed, as far as the advice goes by it. */
export type Advised = {
  readonly cause: RootCause;
  /** The last lines of the attempt that failed, oldest first; empty where it printed nothing. */
  readonly logLines: readonly string[];
  /** What shows more of them, where they are in no file of this machine; null: they are. */
  readonly logCommand?: string | null;
  /** The command to try again: `muster up`, with the options that were given. */
  readonly again: string;
  /** Makes a command of the words after `muster`. */
  readonly toType: (words: readonly string[]) => string;
  /** What it runs, word by word. Absent: it is not known, or not to be shown. */
  readonly byHand?: readonly string[] | undefined;
};

/** What to do about it, wherever it is told: one line that can be typed, or one thing to change in the file. */
export const adviceFor = (advised: Advised): string => {
  const { cause, logCommand = null, logLines, again, toType } = advised;
  const { state } = cause;
  if (logCommand !== null)
    return logLines.length === 0 ? `mend ${cause.name}, then ${again}` : `${safe(logCommand)}, then ${again}`;
  const whole = showMore(cause.name, toType);
  if (state.kind === 'unhealthy') return `${whole}, then ${toType(['restart', cause.name])} and ${again}`;
  if (state.kind !== 'failed') return again;
  const { failure } = state;
  switch (failure.kind) {
    case 'port':
      if (failure.refusal.why === 'none-free') return `widen port_range of ${cause.name}, then ${again}`;
      if (failure.refusal.advice !== undefined) return `${safe(failure.refusal.advice)}; then ${again}`;
      if (isHeldByOurs(failure.refusal)) return `${again} again (takes over or ends what an earlier run left)`;
      return failure.refusal.why === 'invisible'
        ? `free port ${failure.refusal.port}, then ${again}`
        : `${again} --force (ends the holder, after asking), or set another port`;
    case 'spawn':
      if (isNowhere(failure.failure)) return `install it, or mend the command of ${cause.name}; then ${again}`;
      if (failure.failure.stage === 'program') return `mend the command of ${cause.name}, then ${again}`;
      return failure.failure.stage === 'cwd'
        ? `mend the cwd of ${cause.name}, then ${again}`
        : `mend the log of ${cause.name}, then ${again}`;
    case 'boot-timeout':
      return `raise boot_timeout, or ${again} again`;
    case 'survived':
      return `ps -fp ${failure.survivors.map(({ pid }) => pid).join(',')}, then end what should not run`;
    case 'not-ready':
      if (failure.misplaced !== undefined) return adviceForMisplaced(cause.name, failure.misplaced, again);
      return adviceForLate(cause.name, { ...advised, refused: failure.refused });
    case 'hook':
      if (logLines.length === 0) return `mend the ${failure.hook} hook of ${cause.name}, then ${again}`;
      return `${whole}, then ${again}`;
    case 'exited':
      // A log with nothing in it is not worth a look.
      return logLines.length === 0 ? `${tellByHand(advised)}; then ${again}` : `${whole}, then ${again}`;
    case 'unhealthy':
    case 'earlier':
      return `${whole}, then ${again}`;
  }
};

type Late = Pick<Advised, 'logLines' | 'again' | 'toType' | 'byHand'> & { readonly refused: Refused | undefined };

/** Of one that was not ready in time. */
export const adviceForLate = (name: ServiceName, { refused, logLines, again, ...rest }: Late): string => {
  if (refused !== undefined) return `${adviceForRefused(name, refused)}; then ${again}`;
  if (logLines.length === 0) return `raise the health_timeout of ${name}, or ${sayByHand(name, rest)}; then ${again}`;
  return `${showMore(name, rest.toType)}, then ${again}`;
};

/** Not from the file itself: a screen that is shown to others hides secrets, as all of ours do. */
const showMore = (name: ServiceName, toType: Advised['toType']): string => toType(['logs', name, '--tail', '50']);

/** As muster would, but in sight. */
const tellByHand = ({ cause, toType, byHand }: Advised): string => sayByHand(cause.name, { toType, byHand });

const sayByHand = (name: ServiceName, { toType, byHand = ['COMMAND'] }: Pick<Advised, 'toType' | 'byHand'>): string =>
  `run its command by hand (${toType(['exec', name, '--', ...byHand])})`;

/** What is still known of a failure after the end of its supervisor. */
export type Remembered = Pick<Advised, 'logLines' | 'toType' | 'byHand'> & {
  readonly name: ServiceName;
  readonly reason: string | null;
  /** Absent: an older muster has not written it down. */
  readonly failure?: KeptFailure;
  /** It had failed for good; otherwise it was interrupted on its way. */
  readonly isOver: boolean;
  /** As the user would type it; null: its file does not have it any more. */
  readonly logFile: string | null;
};

/** The same, where only the clause is left that the memory keeps. */
export const adviceForLast = ({ name, reason, failure, isOver, logFile, logLines, ...rest }: Remembered): string => {
  const again = rest.toType(['up']);
  if (hadNoPort({ reason, ...(failure === undefined ? {} : { failure }) }))
    return `${rest.toType(['doctor'])} shows who holds it; then ${again}`;
  const { kind, misplaced, refused, said = '' } = failure ?? {};
  if (kind === 'boot-timeout') return `raise boot_timeout, or ${again} again`;
  if (misplaced !== undefined) return adviceForMisplaced(name, misplaced, again);
  if (refused !== undefined) return `${adviceForRefused(name, { asks: refused, said })}; then ${again}`;
  if (!isOver && kind === undefined) return again;
  if (kind === 'not-ready' && logLines.length === 0)
    return `raise the health_timeout of ${name}, or ${sayByHand(name, rest)}; then ${again}`;
  if (logFile !== null && logLines.length > 0) return `${showMore(name, rest.toType)}, then ${again}`;
  // Its command could not be run at all, or not where it was to be.
  if (kind === 'probing') return again;
  if (reason !== null && !isPredicate(reason)) return `mend ${name} in the file, then ${again}`;
  return `${sayByHand(name, rest)}; then ${again}`;
};

export const adviceForMisplaced = (name: ServiceName, { declared, real, at }: Misplaced, again: string): string => {
  if (at !== undefined)
    return `write host: "${at.address}" for ${name} (it listens on ${tellAddress(at.address, real)}), or make it listen on ${safe(at.host)}; then ${again}`;
  return `declare port ${real.join(', ')} for ${name}, or make it listen on ${declared.join(', ')} (it is told so in PORT); then ${again}`;
};

const adviceForRefused = (name: ServiceName, { asks, said }: Refused): string =>
  `correct the ${asks === 'ready' ? 'URL under ready' : 'health_url'} of ${name}: it answers ${safe(said)} there`;

/** What its log cannot tell more about. */
const plain: ReadonlySet<Failure['kind']> = new Set(['port', 'spawn', 'boot-timeout', 'survived']);

/** What follows one line about a service that is not as it should be: what mends it, or what shows more of it. */
export const adviceAfterLine = (
  name: ServiceName,
  causes: readonly RootCause[],
  toType: (words: readonly string[]) => string,
): string => {
  const cause = causes.find((each) => each.name === name || each.skipped.some(([skipped]) => skipped === name));
  return cause?.state.kind === 'failed' && plain.has(cause.state.failure.kind)
    ? adviceFor({ cause, logLines: [], again: toType(['up']), toType })
    : toType(['why', name]);
};

/** Also where it is not told in which folders. */
const isNowhere = ({ searched, message }: SpawnFailure): boolean =>
  searched !== undefined || message.endsWith('was not found in PATH');

/** A service of this very stack, from an earlier run. A holder that belongs to another stack comes with advice of its own. */
const isHeldByOurs = ({ why, holders }: PortRefusal): boolean =>
  (why === 'stranger' || why === 'stuck') && holders.some(({ marker }) => marker !== null);

const safe = (text: string): string => toSafeText(text, { colours: false });
