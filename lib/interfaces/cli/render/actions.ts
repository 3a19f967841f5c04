import { hintAtName } from '../../../domain/name-hints.ts';
import { exitCodeOfFailures } from '../../../domain/outcome.ts';
import type { ServiceName } from '../../../domain/service.ts';
import type { ServiceSnapshot, StackSnapshot } from '../../../domain/snapshot.ts';
import type { StateKind } from '../../../domain/state.ts';
import { tellStory } from '../../../domain/state-words.ts';
import { formatDuration } from '../../../domain/words.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import type { DownResult, Refusal } from '../../control.ts';
import { adviceAfterLine } from './advice.ts';
import type { Theme } from './theme.ts';

export type ActionKind = 'start' | 'stop' | 'restart';

/** An action that was carried out: what was before, what is now. */
export type Done = {
  readonly kind: ActionKind;
  readonly before: StackSnapshot;
  readonly after: StackSnapshot;
  /** The services that it was about, in graph order. */
  readonly names: readonly ServiceName[];
  /** Milliseconds. */
  readonly took: number;
};

/** `moved`: as was asked for, now. `same`: it was so before. `amiss`: it is not so. */
type Fate = 'moved' | 'same' | 'amiss';

/** `started db, api in 1.2 s`; then what was so before; then each that is not as it should be, and what to type next. */
export const renderDone = (done: Done, theme: Theme, toType: (words: readonly string[]) => string): string[] => {
  const { kind, names, took, before, after } = done;
  if (names.length === 0) return ['no services'];
  const [past, already] = words[kind];
  const fates = toFates(done);
  const moved = namesOf(fates, 'moved');
  const same = namesOf(fates, 'same');
  const amiss = fates.flatMap(({ service, fate }) => (fate === 'amiss' ? [service] : []));
  const paused = new Set(before.services.flatMap(({ name, watchPausedBy }) => (watchPausedBy === undefined ? [] : [name])));
  const watched = same.filter(
    (name) => paused.has(name) && after.services.some((each) => each.name === name && each.watchPausedBy === undefined),
  );
  const [first] = amiss;
  return [
    ...(moved.length === 0 ? [] : [`${past} ${tellNames(moved)} in ${formatDuration(took)}`]),
    ...(kind === 'stop' ? [] : tellAsBefore(before, moved, toType)),
    ...(same.length === 0 ? [] : [`${already}: ${tellNames(same)}`]),
    ...(watched.length === 0 ? [] : [`watches its files again: ${tellNames(watched)}`]),
    ...amiss.map((service) => renderMoment(service, theme)),
    ...(first === undefined ? [] : [theme.paint('bold', `next: ${adviceAfterLine(first.name, after.outcome.causes, toType)}`)]),
  ];
};

/** Of those that were started again: which run as before, though their file says otherwise by now. Nothing: none. */
export const tellAsBefore = (
  before: StackSnapshot,
  moved: readonly ServiceName[],
  toType: (words: readonly string[]) => string,
): string[] => {
  const names = moved.filter((name) => isEdited(before, name));
  if (names.length === 0) return [];
  return [`with the definition it was started with: ${tellNames(names)}; "${toType(['up'])}" applies the changed one`];
};

const isEdited = ({ services }: StackSnapshot, name: ServiceName): boolean =>
  services.some((each) => each.name === name && each.edited === 'changed');

const words: Readonly<Record<ActionKind, readonly [past: string, already: string]>> = {
  start: ['started', 'up already'],
  stop: ['stopped', 'not running already'],
  restart: ['restarted', 'left as it was'],
};

/** As the contract has it, for what was asked for alone: something else that failed earlier does not count. */
export const exitCodeOfDone = (done: Done): 0 | 1 | 3 | 4 => {
  const amiss = toFates(done).flatMap(({ service, fate }) => (fate === 'amiss' ? [service] : []));
  if (done.kind === 'stop') return amiss.length === 0 ? 0 : 1;
  return exitCodeOfAmiss(amiss, done.after);
};

/** By why these are not up, or what each needs; optional ones do not count. */
export const exitCodeOfAmiss = (amiss: readonly ServiceSnapshot[], { outcome }: StackSnapshot): 0 | 1 | 3 | 4 => {
  const required = new Set(amiss.filter(({ optional }) => !optional).map(({ name }) => name));
  if (required.size === 0) return 0;
  const failures = outcome.causes.flatMap(({ name, state, skipped }) => {
    const isOurs = required.has(name) || skipped.some(([service]) => service !== undefined && required.has(service));
    return isOurs && state.kind === 'failed' ? [state.failure.kind] : [];
  });
  return exitCodeOfFailures(failures);
};

const toFates = ({ kind, before, after, names }: Done): { readonly service: ServiceSnapshot; readonly fate: Fate }[] => {
  const earlier = new Map(before.services.map((service) => [service.name, service]));
  return after.services
    .filter(({ name }) => names.includes(name))
    .map((service) => {
      const was = earlier.get(service.name) ?? null;
      return { service, fate: kind === 'stop' ? fateOfStop(was, service) : fateOfStart(was, service) };
    });
};

const fateOfStart = (was: ServiceSnapshot | null, { state, reason, attempt }: ServiceSnapshot): Fate => {
  const isUp = state === 'ready' || state === 'unhealthy' || (state === 'completed' && reason === null);
  if (!isUp) return 'amiss';
  return was?.attempt === attempt && !isSuspended.has(was.state) ? 'same' : 'moved';
};

/** Some of it runs, or will: only then is there anything to stop. */
const fateOfStop = (was: ServiceSnapshot | null, { state }: ServiceSnapshot): Fate => {
  const wasOut = was === null || isOut.has(was.state);
  if (!isOut.has(state) || (state === 'failed' && !wasOut)) return 'amiss';
  return wasOut ? 'same' : 'moved';
};

const isSuspended: ReadonlySet<StateKind> = new Set(['starting', 'stopping', 'waiting', 'delayed', 'backoff']);
const isOut: ReadonlySet<StateKind> = new Set(['idle', 'stopped', 'completed', 'skipped', 'failed']);

const namesOf = (fates: ReturnType<typeof toFates>, wanted: Fate): ServiceName[] =>
  fates.flatMap(({ service, fate }) => (fate === wanted ? [service.name] : []));

/** By name as long as a reader would count them. */
const tellNames = (names: readonly ServiceName[]): string =>
  names.length <= 6 ? names.map(safe).join(', ') : `${names.length} services`;

/** `✓ api ready (800 ms)`: one service as it is now. */
const renderMoment = (service: ServiceSnapshot, theme: Theme): string => {
  const { name, state, optional, bootTime } = service;
  const time = state === 'ready' && bootTime !== null ? ` (${formatDuration(bootTime)})` : '';
  const story = safe(theme.text(tellStory(service)));
  const ending = story === '' ? '' : state === 'failed' && story.startsWith('(') ? ` ${story}` : `: ${story}`;
  return `${theme.shape(state, optional)} ${safe(name)} ${theme.paint(theme.styleOf(state, optional), state)}${time}${ending}`;
};

/** `api starting (pid 812, try 2)`: what has just become of it, as a line among others. Null: not worth one. */
export const renderNews = (service: ServiceSnapshot, theme: Theme): string | null => {
  const { name, state, optional, pid, tries = 1 } = service;
  const word = theme.paint(theme.styleOf(state, optional), state);
  switch (state) {
    case 'idle':
    case 'waiting':
      return null;
    case 'starting':
      return pid === null ? null : `${safe(name)} ${word} (pid ${pid}${tries > 1 ? `, try ${tries}` : ''})`;
    case 'stopping':
      return `${safe(name)} ${word}`;
    default:
      return renderMoment(service, theme).slice(theme.shape(state, optional).length + 1);
  }
};

/** `still stopping: api (asked to stop 2.1 s ago, is killed in 2.9 s)`: who is awaited, how long already and at most. Null: nobody. */
export const renderAwaited = ({ services }: StackSnapshot, theme: Theme): string | null => {
  const open = services.filter(({ state }) => state === 'stopping');
  if (open.length === 0) return null;
  const told = open.slice(0, 3).map(({ name, detail }) => `${safe(name)}${detail === null ? '' : ` (${safe(detail)})`}`);
  const more = open.length - told.length;
  return theme.text(`still stopping: ${told.join(', ')}${more === 0 ? '' : ` and ${more} more`}`);
};

/** The proof of death, or what is left. */
export const renderDown = ({ took, killed = [], survivors }: DownResult, theme: Theme): string[] => {
  if (survivors.length === 0)
    return [
      ...killed.map(({ name, after }) => `${safe(name)} had to be killed after ${formatDuration(after)}`),
      `stopped in ${formatDuration(took)}; nothing is left`,
    ];
  return survivors.map(({ name, text }) => `${theme.paint('bad', 'not stopped')} ${safe(name)}: ${safe(text)}`);
};

/** Why nothing was done, and how it would be. */
export const tellRefusal = (
  refusal: Refusal,
  { command, named, known = [] }: { command: string; named: readonly ServiceName[]; known?: readonly ServiceName[] },
): string[] => {
  switch (refusal.kind) {
    case 'unknown-service':
      return [tellUnknown(refusal.name, refusal.suggestion, known)];
    case 'stopping':
      return [`muster ${command}: the stack is going down`];
    case 'unreadable':
      return [`muster ${command}: ${safe(refusal.reason)}`];
    case 'needed':
      return [
        `muster ${command}: nothing was stopped, because others need it:`,
        ...refusal.neededBy.map(({ name, needs }) => `  ${safe(name)} needs ${safe(needs)}`),
        `add --with-dependents to stop them first, or --force to stop only ${tellNames(named)}`,
      ];
  }
};

/** `known`: the names that there are, for when none is like it. */
export const tellUnknown = (name: string, suggestion: ServiceName | null, known: readonly ServiceName[] = []): string => {
  const meant = hintAtName(name) ?? (suggestion === null ? null : `did you mean "${suggestion}"?`);
  const hint = meant === null ? tellKnown(known) : `; ${safe(meant)}`;
  return `muster: unknown service "${safe(name)}"${hint}`;
};

const tellKnown = (known: readonly ServiceName[]): string => {
  if (known.length === 0) return '';
  const more = known.length > 10 ? ` and ${known.length - 10} more` : '';
  return `; there ${known.length === 1 ? 'is' : 'are'} ${known.slice(0, 10).map(safe).join(', ')}${more}`;
};

const safe = (text: string): string => toSafeText(text, { colours: false });
