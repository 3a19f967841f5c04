import { newRecord, type ServiceRecord, type ServiceState, type StateOf } from '../../lib/domain/state.ts';

/** A record in this state. */
export const inState = (state: ServiceState, more: Partial<ServiceRecord> = {}): ServiceRecord => ({
  ...newRecord,
  desired: 'running',
  attempt: 1,
  ...more,
  state,
});

const aProcess = (spawnedAt = 0, pid = 123): StateOf<'ready'>['process'] => ({
  identity: { pid, startTime: '1', bootId: 'b' },
  spawnedAt,
});

export const starting = (more: Partial<StateOf<'starting'>> = {}): StateOf<'starting'> => ({
  kind: 'starting',
  since: 0,
  phase: 'probing',
  process: aProcess(),
  passes: 0,
  holding: false,
  lastProbe: null,
  firstProbe: null,
  ...more,
});

export const ready = (more: Partial<StateOf<'ready'>> = {}): StateOf<'ready'> => ({
  kind: 'ready',
  since: 800,
  process: aProcess(),
  failures: 0,
  lastProbe: null,
  ...more,
});

export const stopping = (more: Partial<StateOf<'stopping'>> = {}): StateOf<'stopping'> => ({
  kind: 'stopping',
  since: 0,
  phase: 'asked',
  askedAt: 0,
  process: aProcess(),
  hurry: null,
  next: { to: 'stopped', reason: { kind: 'user' } },
  ...more,
});
