import type { Awaited, StopProgress } from '../../../domain/stop-progress.ts';
import type { Theme } from './theme.ts';

/** `stopping 4: waits for api (2.1 s of 5.0 s)`: who is awaited, how long already, and how long at most. */
export const renderStopping = ({ left, awaited }: StopProgress, theme: Theme, width: number | null = null): string => {
  const named = awaited.slice(0, 3).map(tellAwaited);
  const more = awaited.length - named.length;
  const who = named.length === 0 ? '' : `: waits for ${named.join(', ')}${more === 0 ? '' : ` and ${more} more`}`;
  const line = `${theme.paint('busy', 'stopping')} ${left}${who}`;
  return width === null ? line : theme.cut(line, width);
};

const tellAwaited = ({ name, asked, limit }: Awaited): string =>
  limit === null ? `${name} (is being killed)` : `${name} (${inSeconds(asked)} of ${inSeconds(limit)})`;

const inSeconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** `canHurry`: a further Ctrl-C makes it quicker, which is said. */
export const tellStopping = (times: number, canHurry: boolean): string => {
  const hint = interruptHints[Math.min(times, 3) - 1] ?? '';
  return canHurry ? hint : hint.replace(/;.*/, '');
};

/** What a further Ctrl-C would do; said once at each. */
export const interruptHints: readonly [once: string, twice: string, thrice: string] = [
  'stopping in order; Ctrl-C again gives everything 1 s',
  'everything has 1 s; Ctrl-C again kills now',
  'killing everything',
];
