import type { Listener } from './listen-table.ts';

/** Listeners that were seen on the way to others, by port. What it tells was so a moment ago: whoever uses it proves that it still is. */
export type ListenerBook = {
  note(listener: Listener): void;
  /** Those that were seen on the port lately. */
  at(port: number): readonly Listener[];
};

/** Milliseconds for which a sight counts. */
const validFor = 5_000;
const mostPorts = 10_000;

export const createListenerBook = (now: () => number = () => performance.now()): ListenerBook => {
  const sights = new Map<number, { readonly listener: Listener; readonly at: number }[]>();
  const young = (port: number): { readonly listener: Listener; readonly at: number }[] =>
    (sights.get(port) ?? []).filter(({ at }) => now() - at <= validFor);
  return {
    note: (listener) => {
      if (sights.size >= mostPorts) sights.clear();
      const others = young(listener.port).filter((sight) => sight.listener.inode !== listener.inode);
      sights.set(listener.port, [...others, { listener, at: now() }]);
    },
    at: (port) => young(port).map(({ listener }) => listener),
  };
};
