import { formatDuration } from '../../../domain/words.ts';
import type { ServiceSnapshot, StateKind, Verdict } from './types.ts';

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
export const formatAge = (ms: number): string => (ms < 60_000 ? `${Math.floor(ms / 1_000)} s` : formatMs(ms));

export const formatPorts = ({ ports }: ServiceSnapshot): string =>
  ports.map(({ name, port }) => (name === null ? String(port) : `${name} ${port}`)).join(', ');
