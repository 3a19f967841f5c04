import { tellCause, toChangeType } from './change-type.ts';
import type { Change } from './events.ts';
import type { Outcome } from './outcome.ts';
import { restartsOf } from './restart.ts';
import { type NotifyEvent, notifyEvents, type Service, type ServiceName, type Stack } from './service.ts';
import { failureOf, type ServiceState } from './state.ts';
import { describeChain, describeStopReason } from './state-words.ts';
import { describeExit, describeFailureBriefly } from './words.ts';

/** What a webhook is told: the body, before it is text. No value of the environment and no output of a program is in it. */
export type Payload = {
  readonly event: NotifyEvent;
  /** ISO 8601. */
  readonly at: string;
  /** One sentence. */
  readonly text: string;
  readonly stack: Pick<Stack, 'name' | 'environment'>;
  readonly service?: {
    readonly name: ServiceName;
    readonly label: string;
    readonly state: ServiceState['kind'];
    readonly from: ServiceState['kind'];
    readonly attempt: number;
    readonly restarts: number;
    readonly reason: string | null;
  };
  readonly verdict?: Outcome['verdict'];
  /** Services of which something could not be ended. */
  readonly survivors?: readonly ServiceName[];
};

type About = { readonly stack: Stack; readonly at: string };

/** Null for what no webhook is told. */
export const toServicePayload = (change: Change, service: Service, { stack, at }: About): Payload | null => {
  const type = toChangeType(change);
  const event = notifyEvents.find((each) => each === type);
  if (event === undefined) return null;
  const { before, after } = change;
  const reason = toReason(after.state) ?? tellCause(change);
  const doing = toWords(event, after.state);
  return {
    event,
    at,
    text: `${stack.name}: ${service.label} ${doing}${reason === null ? '' : `: ${reason}`}`,
    stack: { name: stack.name, environment: stack.environment },
    service: {
      name: service.name,
      label: service.label,
      state: after.state.kind,
      from: before.state.kind,
      attempt: after.attempt,
      restarts: restartsOf(after.restarts),
      reason,
    },
  };
};

const outcomes = { up: 'stackReady', degraded: 'stackDegraded', failed: 'stackFailed', 'timed-out': 'stackFailed' } as const;

export const toOutcomePayload = ({ verdict, causes }: Outcome, { stack, at }: About): Payload => {
  const names = causes.map(({ name }) => name).join(', ');
  const words = { up: 'is up', degraded: 'is degraded', failed: 'has failed', 'timed-out': 'has timed out' }[verdict];
  return {
    event: outcomes[verdict],
    at,
    text: `${stack.name} ${words}${names === '' ? '' : `: ${names}`}`,
    stack: { name: stack.name, environment: stack.environment },
    verdict,
  };
};

export const toStopPayload = (survivors: readonly ServiceName[] | null, { stack, at }: About): Payload => {
  const shared = { at, stack: { name: stack.name, environment: stack.environment } };
  if (survivors === null) return { event: 'stackStopping', text: `${stack.name} is being stopped`, ...shared };
  const left = survivors.length === 0 ? '' : `, but something is left of ${survivors.join(', ')}`;
  return { event: 'stackStopped', text: `${stack.name} has stopped${left}`, ...shared, survivors };
};

const toWords = (event: NotifyEvent, { kind }: ServiceState): string => {
  switch (event) {
    case 'healthChanged':
      return kind === 'ready' ? 'is well again' : 'is unhealthy';
    case 'serviceRestarting':
      return 'is tried again';
    case 'serviceStarted':
      return 'was started';
    case 'serviceReady':
      return 'is ready';
    case 'serviceCompleted':
      return 'has ended';
    case 'serviceFailed':
      return 'failed';
    case 'serviceSkipped':
      return 'was not started';
    case 'serviceStopping':
      return 'is being stopped';
    case 'serviceStopped':
      return 'was stopped';
    default:
      return `is ${kind}`;
  }
};

const toReason = (state: ServiceState): string | null => {
  const failure = failureOf(state);
  if (failure !== null) return describeFailureBriefly(failure);
  switch (state.kind) {
    case 'stopped':
      return describeStopReason(state.reason);
    case 'completed':
      return state.exit.code === 0 ? null : describeExit(state.exit);
    case 'skipped':
      return `it needs ${describeChain(state.chain)}`;
    default:
      return null;
  }
};
