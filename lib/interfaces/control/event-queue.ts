import type { ControlEvent } from '../control.ts';

export type EventQueue = {
  push(event: ControlEvent): void;
  /** What is queued is still delivered. */
  end(): void;
  /** For one reader. */
  readonly events: AsyncIterable<ControlEvent>;
};

/** A reader that is further behind than this is only told of the newest change of each service. */
const longestQueue = 1_000;

/** Hands events from those who have them to one who asks for them. `onEnd` is called once, whoever ends it. */
export const createEventQueue = (onEnd: () => void): EventQueue => {
  let queue: ControlEvent[] = [];
  let isEnded = false;
  let wanting: ((result: IteratorResult<ControlEvent>) => void) | null = null;

  const end = (): void => {
    if (isEnded) return;
    isEnded = true;
    wanting?.({ done: true, value: undefined });
    wanting = null;
    onEnd();
  };

  const push = (event: ControlEvent): void => {
    if (isEnded) return;
    if (wanting !== null) {
      wanting({ done: false, value: event });
      wanting = null;
      return;
    }
    if (queue.length >= longestQueue) queue.splice(Math.max(0, queue.findIndex(isReplacedBy(event))), 1);
    queue.push(event);
  };

  const iterator: AsyncIterator<ControlEvent> = {
    next: async () => {
      const value = queue.shift();
      if (value !== undefined) return { done: false, value };
      if (isEnded) return { done: true, value: undefined };
      return new Promise((resolve) => {
        wanting = resolve;
      });
    },
    return: async () => {
      queue = [];
      end();
      return { done: true, value: undefined };
    },
  };
  return { push, end, events: { [Symbol.asyncIterator]: () => iterator } };
};

const isReplacedBy =
  (newer: ControlEvent) =>
  (older: ControlEvent): boolean =>
    newer.type === 'changed' && older.type === 'changed' && newer.service.name === older.service.name;
