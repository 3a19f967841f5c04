import type { ServerResponse } from 'node:http';
import { securityHeaders } from './headers.ts';
import { eventsType } from './send.ts';

/** Server-sent events to one client. */
export type EventStream = {
  /** Data is one JSON value; `id` is what the client may resume from. */
  send(event: string, data: unknown, id?: string): void;
  /** Bytes that it has not taken yet. */
  pending(): number;
  /**
   * Resolves when it has taken what was sent, or is over: what there is much of is sent in parts, with this between them, as what
   * stands in line counts as unread. Who takes nothing for `patience` is let go of.
   */
  taken(): Promise<void>;
  /** Aborted when it is over, whoever ended it. */
  readonly signal: AbortSignal;
  end(): void;
};

export type StreamLimits = {
  /** Bytes; a client that leaves more unread is let go of, and may resume. */
  readonly unread: number;
  /** Milliseconds that one part of what there was before may take. */
  readonly patience: number;
  /** Milliseconds between signs of life: without them neither side learns that the other is gone. */
  readonly heartbeat: number;
};

/** `toShown` is the last hand that data goes through. */
export const openEventStream = (
  response: ServerResponse,
  limits: StreamLimits,
  toShown: (data: unknown) => unknown,
): EventStream => {
  const ending = new AbortController();
  response.writeHead(200, { ...securityHeaders, 'Content-Type': eventsType, 'X-Accel-Buffering': 'no' });

  const write = (text: string): void => {
    if (ending.signal.aborted) return;
    // What a client does not read would be kept in memory for it.
    if (response.writableLength > limits.unread) response.destroy();
    else response.write(text);
  };

  const taken = (): Promise<void> =>
    new Promise((resolve) => {
      if (ending.signal.aborted || !response.writableNeedDrain) {
        resolve();
        return;
      }
      const late = setTimeout(() => response.destroy(), limits.patience);
      late.unref();
      const done = (): void => {
        clearTimeout(late);
        response.off('drain', done);
        ending.signal.removeEventListener('abort', done);
        resolve();
      };
      response.once('drain', done);
      ending.signal.addEventListener('abort', done, { once: true });
    });

  const heart = setInterval(() => write(':\n\n'), limits.heartbeat);
  heart.unref();
  response.once('close', () => {
    clearInterval(heart);
    ending.abort();
  });
  // Also a client that waits for the first event knows that it was let in.
  write(':\n\n');

  return {
    send: (event, data, id) =>
      write(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(toShown(data))}\n\n`),
    pending: () => response.writableLength,
    taken,
    signal: ending.signal,
    end: () => {
      clearInterval(heart);
      response.end();
    },
  };
};
