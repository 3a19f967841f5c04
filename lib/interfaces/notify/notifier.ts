import { randomUUID } from 'node:crypto';
import { type Payload, toOutcomePayload, toServicePayload, toStopPayload } from '../../domain/notify.ts';
import type { Outcome } from '../../domain/outcome.ts';
import type { Ms, ServiceName, Webhook } from '../../domain/service.ts';
import { systemClock } from '../../runtime/clock.ts';
import type { WebhookSender } from '../../runtime/webhooks.ts';
import type { Session } from '../../supervisor/session.ts';

export type Notifier = {
  booted(outcome: Outcome): void;
  stopping(): void;
  stopped(survivors: readonly ServiceName[]): void;
  /** What is left to deliver has a moment for it. */
  close(): Promise<void>;
};

/** How long what is left may take at the end. */
const lastMoment: Ms = 3_000;

/** Tells the webhooks of a stack what happens to it. Nobody ever waits for them but the very end, and that not for long. */
export const openNotifier = (session: Session, onProblem: (problem: string) => void): Notifier => {
  const { stack } = session;
  const senders = new Map<string, Promise<WebhookSender>>();

  // Loaded only where somebody is to be told: it costs more than most commands take.
  const senderOf = ({ url, secret, timeout }: Webhook): Promise<WebhookSender> => {
    const key = JSON.stringify([url, secret, timeout]);
    const sender =
      senders.get(key) ??
      import('../../runtime/webhooks.ts').then(({ createWebhookSender }) =>
        createWebhookSender({ target: { url, secret, timeout }, clock: systemClock, onProblem }),
      );
    senders.set(key, sender);
    return sender;
  };

  const tellUnloaded = (error: unknown): void =>
    onProblem(`webhooks are not told: ${error instanceof Error ? error.message : String(error)}`);

  const tell = (payload: Payload | null): void => {
    if (payload === null) return;
    const wanted = stack.notify.filter(({ events }) => events.includes(payload.event));
    const delivery = { id: randomUUID(), event: payload.event, body: JSON.stringify(payload) };
    for (const webhook of wanted) senderOf(webhook).then(({ send }) => send(delivery), tellUnloaded);
  };

  const toIso = (at: Ms): string => new Date(session.wall() - (session.now() - at)).toISOString();
  const about = (at: Ms = session.now()) => ({ stack, at: toIso(at) });
  const unsubscribe = session.subscribe((changes) => {
    if (stack.notify.length === 0) return;
    for (const change of changes) {
      const service = stack.services.get(change.name);
      if (service !== undefined) tell(toServicePayload(change, service, about(change.at)));
    }
  });

  return {
    booted: (outcome) => {
      tell(toOutcomePayload(outcome, about()));
      // Now that there is time: the last moment is for what is to be told in it.
      for (const webhook of stack.notify)
        senderOf(webhook)
          .then(({ prepare }) => prepare())
          .catch(tellUnloaded);
    },
    stopping: () => tell(toStopPayload(null, about())),
    stopped: (survivors) => tell(toStopPayload(survivors, about())),
    close: async () => {
      unsubscribe();
      await Promise.allSettled([...senders.values()].map(async (sender) => (await sender).close(lastMoment)));
    },
  };
};
