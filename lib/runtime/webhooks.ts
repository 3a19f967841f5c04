import { createHmac } from 'node:crypto';
import type { Ms } from '../domain/service.ts';
import type { Clock } from './clock.ts';

/** One event for one address. `body` is sent as it is: the signature is over these very bytes. */
export type Delivery = { readonly id: string; readonly event: string; readonly body: string };

export type WebhookTarget = { readonly url: string; readonly secret: string | null; readonly timeout: Ms };

export type WebhookSender = {
  /** Loads what it sends with, which else the first delivery does. */
  prepare(): Promise<void>;
  /** Never waits and never throws. */
  send(delivery: Delivery): void;
  /** Resolves when everything is delivered, or cannot be, or after `limit`; nothing is sent any more after that. */
  close(limit: Ms): Promise<void>;
};

export type WebhookSenderOptions = {
  readonly target: WebhookTarget;
  readonly clock: Clock;
  /** In a sentence, without the path of the address, which may be a secret; once until a delivery succeeds again. */
  readonly onProblem: (problem: string) => void;
  /** Before the second try, in milliseconds; each further one waits twice as long. */
  readonly retryAfter?: Ms;
};

/** Events that may wait for an address; the oldest go first when there are more. */
const longestQueue = 500;

/** After the first try. */
const retries = 3;

const signatureHeader = 'x-muster-signature';

/** `sha256=` and the HMAC of the body in hexadecimal digits. */
const sign = (secret: string, body: string): string => `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

/** Delivers in order, one after the other, and tries again what may pass. */
export const createWebhookSender = ({ target, clock, onProblem, retryAfter = 500 }: WebhookSenderOptions): WebhookSender => {
  const queue: Delivery[] = [];
  const ending = new AbortController();
  let working: Promise<void> | null = null;
  let isDown = false;
  let isClosed = false;
  let dropped = 0;

  const deliver = async (delivery: Delivery): Promise<void> => {
    const { default: pRetry } = await import('p-retry');
    // Where it failed with all its tries, the next ones have one each until one succeeds: the queue must not grow for ever.
    const plan = isDown ? 0 : retries;
    await pRetry(() => post(target, delivery, ending.signal), {
      retries: plan,
      minTimeout: retryAfter,
      factor: 2,
      signal: ending.signal,
      shouldRetry: ({ error }) => !(error instanceof Refused) || error.mayPass,
    });
  };

  const fail = (error: unknown): void => {
    if (isDown) return;
    isDown = true;
    const tries = error instanceof Refused && !error.mayPass ? '' : ` (${retries + 1} tries)`;
    onProblem(`the webhook at ${originOf(target.url)} does not take what it is told: ${toReason(error)}${tries}`);
  };

  const work = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      const next = queue.shift();
      if (next === undefined) return;
      try {
        await deliver(next);
        isDown = false;
      } catch (error) {
        if (ending.signal.aborted) dropped += 1;
        else fail(error);
      }
    }
  };

  const start = (): void => {
    working ??= work().finally(() => {
      working = null;
      if (queue.length > 0 && !ending.signal.aborted) start();
    });
  };

  return {
    send: (delivery) => {
      if (isClosed) return;
      queue.push(delivery);
      if (queue.length > longestQueue) {
        queue.shift();
        dropped += 1;
      }
      start();
    },
    prepare: async () => void (await Promise.all([import('p-retry'), import('got')])),
    close: async (limit) => {
      isClosed = true;
      const timer = clock.setTimer(limit, () => ending.abort(new Error('the time for it is over')));
      await working;
      timer.cancel();
      const lost = dropped + queue.length;
      if (lost > 0)
        onProblem(`${lost} ${lost === 1 ? 'event was' : 'events were'} not delivered to the webhook at ${originOf(target.url)}`);
    },
  };
};

/** It has answered, and not with a success. */
class Refused extends Error {
  readonly mayPass: boolean;
  constructor(message: string, mayPass: boolean) {
    super(message);
    this.mayPass = mayPass;
  }
}

const post = async (
  { url, secret, timeout }: WebhookTarget,
  { id, event, body }: Delivery,
  signal: AbortSignal,
): Promise<void> => {
  const { got } = await import('got');
  const request = got.stream.post(url, {
    body,
    headers: {
      'user-agent': 'muster',
      'content-type': 'application/json',
      'x-muster-event': event,
      'x-muster-delivery': id,
      ...(secret === null ? {} : { [signatureHeader]: sign(secret, body) }),
    },
    timeout: { request: timeout },
    // Tries are counted here, and a redirect would tell somebody else.
    retry: { limit: 0 },
    followRedirect: false,
    throwHttpErrors: false,
    signal,
  });
  try {
    const status = await new Promise<number>((resolve, reject) => {
      request.once('response', ({ statusCode }: { statusCode: number }) => resolve(statusCode));
      // Stays: an error after the answer is of no interest, and must not end the process.
      request.on('error', reject);
    });
    if (status >= 200 && status < 300) return;
    throw new Refused(`it answered with ${status}`, status >= 500 || status === 408 || status === 429);
  } finally {
    // Whatever else it has to say is not read.
    request.destroy();
  }
};

const toReason = (error: unknown): string => {
  if (error instanceof Refused) return error.message;
  const { code } = error as { code?: unknown };
  if (code === 'ECONNREFUSED') return 'nobody listens there';
  if (code === 'ETIMEDOUT') return 'it did not answer in time';
  return typeof code === 'string' ? code : 'it could not be reached';
};

/** Scheme, host and port: the rest may be a secret. */
const originOf = (url: string): string => (URL.canParse(url) ? new URL(url).origin : 'an address that is none');
