import { tellCause, toChangeType } from '../../domain/change-type.ts';
import { isElsewhere } from '../../domain/engine.ts';
import type { Change } from '../../domain/events.ts';
import { tryOf } from '../../domain/restart.ts';
import type { ServiceSnapshot } from '../../domain/snapshot.ts';
import { processOf, type ServiceRecord } from '../../domain/state.ts';
import { tellStory } from '../../domain/state-words.ts';
import { formatDuration } from '../../domain/words.ts';
import type { News } from '../control.ts';

/** A change as it is told, by whoever sees both sides of it. Null for what only counts inside a state. */
export const toNews = (change: Change, snapshot: ServiceSnapshot): News | null => {
  const type = toChangeType(change);
  if (type === null) return null;
  const isLoud = type !== 'serviceWaiting' && type !== 'serviceStarting';
  return {
    type,
    from: change.before.state.kind,
    text: isLoud ? tellChange(change, snapshot) : null,
    cause: tellCause(change),
  };
};

const tellChange = (change: Change, snapshot: ServiceSnapshot): string => {
  const { before, after, at, event } = change;
  const { state } = after;
  const story = tellStory(snapshot);
  const ending = story === '' ? '' : `: ${story}`;
  switch (state.kind) {
    case 'starting':
      if (event.type === 'adopted') return `taken over while it starts (${tellProcess(after)})`;
      return isRunElsewhere(after) ? 'applied' : `starting (${tellProcess(after)})`;
    case 'ready':
      if (event.type === 'adopted' && isRunElsewhere(after)) return 'ready, and unchanged';
      if (event.type === 'adopted') return `ready, taken over (${tellProcess(after)})${ending}`;
      if (before.state.kind === 'unhealthy') return `ready again after ${formatDuration(at - before.state.since)}`;
      return `ready${tellBoot(change, snapshot)}${ending}`;
    case 'completed': {
      if (event.type === 'foundDone') return 'reused: its inputs are unchanged';
      const spawned = before.state.kind === 'starting' ? (before.state.process?.spawnedAt ?? null) : null;
      return `completed${spawned === null ? '' : ` (${formatDuration(state.since - spawned)})`}${ending}`;
    }
    case 'stopped':
      return `stopped${state.killedAfter === null ? '' : ` (killed after ${formatDuration(state.killedAfter)})`}${snapshot.reason === null ? '' : `: ${snapshot.reason}`}`;
    case 'stopping': {
      if (event.type === 'adopted') return `taken over, its stop goes on (${tellProcess(after)})`;
      const reason = snapshot.reason ?? tellCause(change);
      return `stopping${reason === null ? '' : `: ${reason}`}`;
    }
    case 'failed':
      return `failed${snapshot.detail === null ? '' : ` (${snapshot.detail})`}: ${snapshot.optional ? 'optional; ' : ''}${snapshot.reason ?? ''}`;
    default:
      return `${state.kind}${ending}`;
  }
};

/** ` (1.2 s, pid 123)`: what is known of it, and has not been told. */
const tellBoot = ({ before, after }: Change, { bootTime }: ServiceSnapshot): string => {
  const time = bootTime === null ? [] : [formatDuration(bootTime)];
  const known = [...time, ...(wasSeen(before) || isRunElsewhere(after) ? [] : [tellProcess(after)])];
  return known.length === 0 ? '' : ` (${known.join(', ')})`;
};

/** `pid 123, try 2` */
const tellProcess = ({ state, restarts }: ServiceRecord): string =>
  `pid ${processOf(state)?.identity.pid ?? '?'}${tryOf(restarts) > 1 ? `, try ${tryOf(restarts)}` : ''}`;

/** On a cluster, where there is no process of this machine to be told of. */
const isRunElsewhere = ({ state }: ServiceRecord): boolean => {
  const live = processOf(state);
  return live !== null && isElsewhere(live.identity);
};

/** Its process had a line of its own. Where nothing is asked for, the spawn and ready are one step. */
const wasSeen = ({ state }: ServiceRecord): boolean => processOf(state) !== null;
