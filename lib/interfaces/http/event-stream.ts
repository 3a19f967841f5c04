import type { ServerResponse } from 'node:http';
import { securityHeaders } from './headers.ts';
import { eventsType } from './send.ts';

/** Server-sent events to one client. */
export type EventStream = {
  /** Data is one JSON value; `id` is what the client may resume from. */
  send(event: string, data: unknown, id?: string): void;
  /** Bytes that it has not taken yet. */
  pending(): number;
  /** Aborted when it is over, whoever ended it. */
  readonly signal: AbortSignal;
  end(): void;
};

export type StreamLimits = {
  /** Bytes; a client that leaves more unread is let go of, and may resume. */
  readonly unread: number;
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
    signal: ending.signal,
    end: () => {
      clearInterval(heart);
      response.end();
    },
  };
};
