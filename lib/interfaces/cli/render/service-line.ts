import type { Ms } from '../../../domain/service.ts';
import type { ServiceSnapshot } from '../../../domain/snapshot.ts';
import { tellStory } from '../../../domain/state-words.ts';
import { formatDuration } from '../../../domain/words.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import { padEnd, padStart } from './table.ts';
import type { Theme } from './theme.ts';

/** How the columns of a list of services are laid out in the width there is. */
export type LineLayout = { readonly width: number; readonly nameWidth: number; readonly hasTime: boolean };

/**
 * `✓ api     ready       0.8 s  …`: shape, name, state, time, and what there is to say about it. The name is the key that
 * commands take and messages use; the label has its place where nothing else is to be said.
 */
export const renderServiceLine = (service: ServiceSnapshot, { width, nameWidth, hasTime }: LineLayout, theme: Theme): string => {
  const name = padEnd(theme.cut(service.name, nameWidth), nameWidth);
  const word = padEnd(theme.paint(theme.styleOf(service.state, service.optional), service.state), longestWord);
  const time = hasTime ? `  ${padStart(theme.paint('dim', timeOf(service)), longestTime)}` : '';
  const told = safe(theme.text(tellStory(service)));
  const label = service.label === service.name ? '' : theme.paint('dim', safe(service.label));
  const story = told === '' ? label : told;
  const line = `${theme.shape(service.state, service.optional)} ${name}  ${word}${time}${story === '' ? '' : `  ${story}`}`;
  return theme.cut(line.trimEnd(), width);
};

const longestWord = 'completed'.length;
const longestTime = '59.9 s'.length;

/** For one that is up: how long its boot took. For one on its way: how long it has been at it. */
const timeOf = ({ state, bootTime, for: since }: ServiceSnapshot): string => {
  switch (state) {
    case 'ready':
      // It stands still, so that it may be told as the table of the boot tells it.
      return bootTime === null ? '' : bootTime < 100 ? formatDuration(bootTime) : formatBrief(bootTime);
    case 'waiting':
    case 'delayed':
    case 'starting':
    case 'unhealthy':
    case 'backoff':
    case 'stopping':
      return formatBrief(since);
    case 'idle':
    case 'stopped':
    case 'completed':
    case 'failed':
    case 'skipped':
      return '';
  }
};

/** In tenths from the first on, so that a running time does not jump between units. */
export const formatBrief = (ms: Ms): string => (ms < 60_000 ? `${(Math.floor(ms / 100) / 10).toFixed(1)} s` : formatDuration(ms));

const safe = (text: string): string => toSafeText(text, { colours: false });
