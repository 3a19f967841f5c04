import type { Adoption, EarlierThan, Effect, Resumed } from '../events.ts';
import type { Earlier } from '../process.ts';
import { holdOf, restartsOf } from '../restart.ts';
import { isPassive, type Service } from '../service.ts';
import type { LiveProcess, ServiceRecord, StateOf } from '../state.ts';
import { become, type Context, type Spawned, setTimer, type Transition, toProcess, withEffects } from './context.ts';
import { becomeReady, failAttempt, startReadiness } from './starting.ts';
import { askIfAlone } from './stopping.ts';

/** From rest: a service goes on where the supervisor that was killed had it. */
export const adopt = (record: ServiceRecord, adoption: Adoption, context: Context): Transition => {
  const { service, now } = context;
  const { number, ports, restarts, as, earlier = null } = adoption;
  const kept: ServiceRecord = { ...record, attempt: number, ports, restarts };
  const wanted: ServiceRecord = { ...kept, desired: 'running' };
  switch (as.kind) {
    case 'running':
      return takeOver(wanted, { ...as, earlier }, context);
    case 'stopping':
      return goOnStopping(kept, { ...as, earlier }, context);
    case 'died':
      return failAttempt(
        wanted,
        { kind: 'exited', exit: { code: null, signal: null }, beforeReady: as.beforeReady && service.type === 'service' },
        context,
      );
    case 'backoff': {
      const [retry, of] = [Math.max(1, restartsOf(restarts)), service.restart.max];
      const backoff = { kind: 'backoff', since: now, until: now + as.left, failure: as.failure, retry, of } as const;
      return become(wanted, backoff, [setTimer(context, 'backoff', as.left)]);
    }
    case 'completed':
      return become(wanted, { kind: 'completed', since: now, exit: { code: 0, signal: null } });
    case 'failed':
      return become(kept, {
        kind: 'failed',
        since: now,
        failure: as.failure,
        restarts: restartsOf(restarts),
        breakerOpen: false,
      });
    case 'stopped':
      return become(kept, { kind: 'stopped', since: now, reason: as.reason, killedAfter: null });
    case 'resting':
      return { record: kept, effects: [] };
  }
};

type Taken<Kind extends Resumed['kind']> = Extract<Resumed, { kind: Kind }> & { readonly earlier: Earlier | EarlierThan | null };

const toTake = ({ attempt }: ServiceRecord, { identity, earlier }: Taken<'running' | 'stopping'>, context: Context): Effect => ({
  type: 'adopt',
  name: context.service.name,
  attempt,
  identity,
  earlier,
});

const toSpawned = ({ identity, earlier }: Taken<'running' | 'stopping'>): Spawned =>
  earlier === null || 'before' in earlier ? { identity } : { identity, earlier };

/**
 * An active probe decides again whether it is ready; what passive ones wait for is said once only, and was heard or is still
 * to come. What was on its way has the time that was left of it.
 */
const takeOver = (record: ServiceRecord, as: Taken<'running'>, context: Context): Transition => {
  const { service, now } = context;
  const take = toTake(record, as, context);
  const isNew = as.was === 'starting';
  const live = toProcess(toSpawned(as), isNew ? as.spawnedAt : now);
  const process: LiveProcess = isNew ? live : { ...live, wasReady: true };
  const passed = isNew ? now - as.spawnedAt : 0;
  const holdLeft = isNew ? holdOf(service, record.restarts) - passed : 0;
  const probesNow = service.ready !== null && (holdLeft <= 0 || isPassive(service.ready));
  const state: StateOf<'starting'> = {
    kind: 'starting',
    since: now,
    phase: 'probing',
    process,
    passes: 0,
    holding: holdLeft > 0,
    lastProbe: null,
    firstProbe: probesNow ? now : null,
  };
  const begun: ServiceRecord = { ...record, state };
  const limit = limitOf(service, passed).map((left) => setTimer(context, 'readiness', left));
  const hold = holdLeft > 0 ? [setTimer(context, 'startup', holdLeft)] : [];
  if (service.type === 'task') return { record: begun, effects: [take, ...limit] };
  if (as.was === 'unhealthy' && service.health !== null) return withEffects([take], stayUnhealthy(begun, process, context));
  const isKnownReady = !isNew && (service.ready === null || isPassive(service.ready));
  if (isKnownReady || (service.ready === null && holdLeft <= 0)) return withEffects([take], becomeReady(begun, state, context));
  return {
    record: begun,
    effects: [take, ...(service.ready === null ? [] : limit), ...hold, ...(probesNow ? [startReadiness(begun, context)] : [])],
  };
};

const limitOf = ({ healthTimeout }: Service, passed: number): readonly number[] =>
  healthTimeout === null ? [] : [Math.max(0, healthTimeout - passed)];

/** Whatever it may be asked to do about that, it was not asked by its supervisor's death. */
const stayUnhealthy = (
  record: ServiceRecord,
  process: StateOf<'unhealthy'>['process'],
  { service, now }: Context,
): Transition => ({
  record: {
    ...record,
    state: { kind: 'unhealthy', since: now, readySince: now, process, passes: 0, detail: 'was unhealthy when it was taken over' },
  },
  effects: [{ type: 'startProbing', name: service.name, attempt: record.attempt, purpose: 'health' }],
});

/** Half stopped is not stopped: it is asked once more, in case it was never told, and has the grace that is left. */
const goOnStopping = (record: ServiceRecord, as: Taken<'stopping'>, context: Context): Transition => {
  const { service, now } = context;
  const stopping: StateOf<'stopping'> = {
    kind: 'stopping',
    since: now,
    phase: 'dependents',
    askedAt: as.graceLeft === null ? null : now - (service.stop.timeout - as.graceLeft),
    process: toProcess(toSpawned(as), now),
    hurry: null,
    next: as.next,
  };
  const begun: ServiceRecord = { ...record, desired: as.next.to === 'stopped' ? record.desired : 'running', state: stopping };
  return withEffects([toTake(record, as, context)], askIfAlone(begun, stopping, context));
};
