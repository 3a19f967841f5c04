import type { StackEvent } from '../../domain/stack-events.ts';
import { createEmitter, type Emitter } from './emitter.ts';

export type EventsOptions = {
  /** Ends the iteration. */
  readonly signal?: AbortSignal;
  /** How many events wait for a slow reader at most; then the oldest give way, and `eventsDropped` says how many. */
  readonly limit?: number;
};

/** Both ways to hear of a stack: listeners, and an iteration over everything. */
export type Events = Emitter & {
  /** Every event from now on, for one reader. Ends when the stack is closed, or `signal` aborts; what waits is still given. */
  readonly events: (options?: EventsOptions) => AsyncIterableIterator<StackEvent>;
};

export type EventSource = Events & {
  emit(event: StackEvent): void;
  /** Ends every iteration. */
  close(): void;
};

const usualLimit = 1_000;

type Reader = { push(event: StackEvent): void; end(): void };

export const createEvents = (now: () => number): EventSource => {
  const emitter = createEmitter();
  const readers = new Set<Reader>();
  let isClosed = false;

  const read = ({ signal, limit = usualLimit }: EventsOptions = {}): AsyncIterableIterator<StackEvent> => {
    const waiting: StackEvent[] = [];
    let asking: ((result: IteratorResult<StackEvent>) => void)[] = [];
    let dropped = 0;
    let isEnded = false;
    const end = (): void => {
      isEnded = true;
      readers.delete(reader);
      signal?.removeEventListener('abort', end);
      for (const answer of asking) answer({ done: true, value: undefined });
      asking = [];
    };
    const reader: Reader = {
      push: (event) => {
        const answer = asking.shift();
        if (answer !== undefined) {
          answer({ done: false, value: event });
          return;
        }
        waiting.push(event);
        if (waiting.length <= Math.max(1, limit)) return;
        waiting.shift();
        dropped += 1;
      },
      end,
    };
    if (isClosed || signal?.aborted === true) isEnded = true;
    else {
      readers.add(reader);
      signal?.addEventListener('abort', end, { once: true });
    }
    const take = (): StackEvent | undefined => {
      if (dropped === 0) return waiting.shift();
      const count = dropped;
      dropped = 0;
      return { type: 'eventsDropped', at: now(), count };
    };
    return {
      [Symbol.asyncIterator]() {
        return this;
      },
      next: async () => {
        const value = take();
        if (value !== undefined) return { done: false, value };
        if (isEnded) return { done: true, value: undefined };
        return new Promise((resolve) => {
          asking.push(resolve);
        });
      },
      return: async () => {
        waiting.length = 0;
        dropped = 0;
        end();
        return { done: true, value: undefined };
      },
    };
  };

  return {
    on: emitter.on,
    once: emitter.once,
    off: emitter.off,
    events: read,
    emit: (event) => {
      emitter.emit(event);
      for (const { push } of [...readers]) push(event);
    },
    close: () => {
      isClosed = true;
      for (const { end } of [...readers]) end();
    },
  };
};
