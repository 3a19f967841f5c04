import { randomBytes } from 'node:crypto';
import type { ControlEvent, StackControl } from '../control.ts';

/** An event as it goes to the clients, with the id from which one may resume. */
export type Numbered = { readonly id: string; readonly event: ControlEvent };

/** Hears the stack's events once and hands them to everybody, with numbers and a memory for those who were away. */
export type EventHub = {
  /** The id of the newest event: what a snapshot that is taken now is as new as. */
  lastId(): string;
  /** What came after `id`, oldest first. Null: that is too long ago, or not an id of ours. */
  since(id: string): readonly Numbered[] | null;
  /** Returns the way out. `onEnd`: nothing will come any more. */
  listen(onEvent: (numbered: Numbered) => void, onEnd: () => void): () => void;
  /** Changes of the first boot, from its beginning on, as far as they were heard. */
  story(): readonly ControlEvent[];
  /** Resolves when the last event that there was has been told. */
  close(): Promise<void>;
};

/** A page that was away for a tunnel or a sleep catches up; after more than this, it begins with a new snapshot. */
const longestMemory = 2_000;
const longestStory = 20_000;

type Listener = { readonly onEvent: (numbered: Numbered) => void; readonly onEnd: () => void };

export const createEventHub = (control: Pick<StackControl, 'events'>): EventHub => {
  const closing = new AbortController();
  const listeners = new Set<Listener>();
  // Another supervisor counts anew: its numbers must not be taken for ours.
  const series = randomBytes(6).toString('hex');
  let recent: Numbered[] = [];
  const story: ControlEvent[] = [];
  let isBooting = true;
  let count = 0;
  let isOver = false;

  const toId = (number: number): string => `${series}-${number}`;

  const hear = (event: ControlEvent): void => {
    count += 1;
    const numbered = { id: toId(count), event };
    recent.push(numbered);
    // Cut rarely, so that each event costs the same.
    if (recent.length > 2 * longestMemory) recent = recent.slice(-longestMemory);
    if (event.type === 'booted') isBooting = false;
    if (isBooting && event.type === 'changed' && story.length < longestStory) story.push(event);
    for (const { onEvent } of [...listeners]) onEvent(numbered);
  };

  const listenOn = async (): Promise<void> => {
    for await (const event of control.events(closing.signal, { fromStart: true })) {
      hear(event);
    }
    isOver = true;
    for (const { onEnd } of [...listeners]) onEnd();
    listeners.clear();
  };
  const listening = listenOn();

  return {
    lastId: () => toId(count),
    since: (id) => {
      const [theirs, number] = [id.slice(0, series.length + 1), id.slice(series.length + 1)];
      if (theirs !== `${series}-` || !/^\d{1,15}$/.test(number) || Number(number) > count) return null;
      const missed = count - Number(number);
      return missed > recent.length ? null : recent.slice(recent.length - missed);
    },
    listen: (onEvent, onEnd) => {
      if (isOver) {
        onEnd();
        return () => undefined;
      }
      const listener = { onEvent, onEnd };
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    story: () => story,
    close: async () => {
      closing.abort();
      await listening;
    },
  };
};
