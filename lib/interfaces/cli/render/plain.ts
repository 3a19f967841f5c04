import type { Change } from '../../../domain/events.ts';
import type { Service } from '../../../domain/service.ts';
import type { ServiceSnapshot } from '../../../domain/snapshot.ts';
import { processOf, type ServiceRecord } from '../../../domain/state.ts';
import { takeServiceSnapshot } from '../../../domain/take-snapshot.ts';
import { formatDuration, type ToTime } from '../../../domain/words.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import { tellCause, toChangeType } from './change.ts';
import { tellStory } from './service-line.ts';
import type { Theme } from './theme.ts';

export type PlainOptions = {
  readonly service: Service;
  /** As it is printed at the start of the line. */
  readonly time: string;
  readonly theme: Theme;
  readonly toTime?: ToTime;
};

/** Where there is no terminal to redraw: one line for each change worth telling, `12:03:04.123 api ready (0.8 s)`; else null. */
export const renderChange = (change: Change, { service, time, theme, toTime = null }: PlainOptions): string | null => {
  const type = toChangeType(change);
  if (type === null || type === 'serviceWaiting' || type === 'serviceStarting') return null;
  const snapshot = takeServiceSnapshot({ service, record: change.after, now: change.at, began: change.at, toTime });
  const words = toSafeText(theme.text(tellChange(change, snapshot)), { colours: false });
  const [state = '', ...rest] = words.split(' ');
  const story = rest.length === 0 ? '' : ` ${rest.join(' ')}`;
  return `${theme.paint('dim', time)} ${service.name} ${theme.paint(theme.styleOf(change.after.state.kind, service.optional), state)}${story}`;
};

const tellChange = (change: Change, snapshot: ServiceSnapshot): string => {
  const { before, after, at, event } = change;
  const { state } = after;
  const story = tellStory(snapshot);
  const ending = story === '' ? '' : `: ${story}`;
  switch (state.kind) {
    case 'starting':
      return `starting (${tellProcess(after)})`;
    case 'ready':
      if (before.state.kind === 'unhealthy') return `ready again after ${formatDuration(at - before.state.since)}`;
      return `ready (${formatDuration(snapshot.bootTime ?? 0)}${wasSeen(before) ? '' : `, ${tellProcess(after)}`})${ending}`;
    case 'completed': {
      if (event.type === 'foundDone') return 'reused: its inputs are unchanged';
      const spawned = before.state.kind === 'starting' ? (before.state.process?.spawnedAt ?? null) : null;
      return `completed${spawned === null ? '' : ` (${formatDuration(state.since - spawned)})`}${ending}`;
    }
    case 'stopped':
      return `stopped${state.killedAfter === null ? '' : ` (killed after ${formatDuration(state.killedAfter)})`}${snapshot.reason === null ? '' : `: ${snapshot.reason}`}`;
    case 'stopping': {
      const reason = snapshot.reason ?? tellCause(change);
      return `stopping${reason === null ? '' : `: ${reason}`}`;
    }
    case 'failed':
      return `failed${snapshot.detail === null ? '' : ` (${snapshot.detail})`}: ${snapshot.optional ? 'optional; ' : ''}${snapshot.reason ?? ''}`;
    default:
      return `${state.kind}${ending}`;
  }
};

/** `pid 123, try 2` */
const tellProcess = ({ state, attempt }: ServiceRecord): string =>
  `pid ${processOf(state)?.identity.pid ?? '?'}${attempt > 1 ? `, try ${attempt}` : ''}`;

/** Its process had a line of its own. Where nothing is asked for, the spawn and ready are one step. */
const wasSeen = ({ state }: ServiceRecord): boolean => processOf(state) !== null;
