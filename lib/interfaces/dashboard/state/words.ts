import { letRun, tellCountdown } from '../../../domain/countdown.ts';
import { formatDuration } from '../../../domain/words.ts';
import { toClockTime } from '../../../util/local-time.ts';
import type { ServiceSnapshot, StackAnswer, StateKind, Verdict } from './types.ts';

/** Red is only for what has failed; meaning never hangs on colour alone, so each state has a shape and a word, too. */
export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'dim';

const tones: Readonly<Record<StateKind, Tone>> = {
  idle: 'dim',
  waiting: 'dim',
  delayed: 'dim',
  starting: 'busy',
  ready: 'good',
  unhealthy: 'warn',
  backoff: 'warn',
  stopping: 'busy',
  stopped: 'dim',
  completed: 'good',
  failed: 'bad',
  skipped: 'warn',
};

export const toneOf = ({ state, optional }: Pick<ServiceSnapshot, 'state' | 'optional'>): Tone =>
  state === 'failed' && optional ? 'warn' : tones[state];

export const verdictWords: Readonly<Record<Verdict, readonly [word: string, tone: Tone]>> = {
  up: ['up', 'good'],
  degraded: ['degraded', 'warn'],
  failed: ['failed', 'bad'],
  'timed-out': ['timed out', 'bad'],
};

export const isLive = (state: StateKind): boolean =>
  state === 'ready' || state === 'unhealthy' || state === 'starting' || state === 'stopping';

/** It can be started; else it can be stopped. */
export const isAtRest = (state: StateKind): boolean =>
  state === 'idle' || state === 'stopped' || state === 'completed' || state === 'failed' || state === 'skipped';

export const formatMs = formatDuration;

/** Whole seconds: for what is counted up before one's eyes. */
export const formatAge = (ms: number): string => (ms < 60_000 ? `${Math.max(0, Math.floor(ms / 1_000))} s` : formatMs(ms));

export const formatPorts = ({ ports }: ServiceSnapshot): string =>
  ports.map(({ name, port }) => (name === null ? String(port) : `${name} ${port}`)).join(', ');

/** Of the clock on the wall, `hh:mm:ss`. `at`: epoch milliseconds. */
export const formatClock = (at: number): string => toClockTime(at).slice(0, 'hh:mm:ss'.length);

/** What a service says of itself, `later` milliseconds after that was heard. */
export const tellAbout = (service: ServiceSnapshot, later: number): string => {
  const { state, countdown, reason, waitsFor, restarts } = service;
  const detail = countdown === undefined ? service.detail : tellCountdown(letRun(countdown, Math.max(0, later)));
  const parts = [detail, reason === service.detail ? null : reason].filter((part) => part !== null && part !== '');
  if (parts.length === 0 && waitsFor.length > 0) return `waits for ${waitsFor.join(', ')}`;
  if (restarts > 0 && isLive(state)) parts.push(`${restarts} ${restarts === 1 ? 'restart' : 'restarts'}`);
  return parts.join('; ');
};

export type Edits = { readonly text: string; readonly names: string; readonly problem: string | null };

const most = 6;

const tellSome = (word: string, names: readonly string[]): readonly string[] =>
  names.length === 0
    ? []
    : [`${word}: ${names.slice(0, most).join(', ')}${names.length > most ? ` and ${names.length - most} more` : ''}`];

/** What the file says otherwise than what runs. Null: nothing. */
export const tellEdits = ({
  file,
  edited,
  services,
}: Pick<StackAnswer, 'file'> & Required<Pick<StackAnswer, 'edited' | 'services'>>): Edits | null => {
  const of = (wanted: 'changed' | 'gone'): readonly string[] =>
    services.flatMap(({ name, edited: how }) => (how === wanted ? [name] : []));
  const [changed, gone] = [of('changed'), of('gone')];
  if ((edited ?? null) === null && changed.length === 0 && gone.length === 0) return null;
  const name = file.slice(file.lastIndexOf('/') + 1);
  const problem = edited?.problem ?? null;
  if (problem !== null) return { text: `${name} has changed, and cannot be used as it is:`, names: '', problem };
  const parts = [...tellSome('changed', changed), ...tellSome('new', edited?.added ?? []), ...tellSome('taken out', gone)];
  return { text: `${name} has changed.`, names: parts.length === 0 ? '' : `${parts.join('; ')}.`, problem };
};
