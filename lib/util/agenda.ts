import { createHeap } from './heap.ts';

/** What happens when, taken out moment by moment. */
export type Agenda<T> = {
  readonly add: (at: number, item: T) => void;
  readonly peek: () => number | null;
  /** The next moment at which anything happens; null: nothing more does. Take all of it before asking again. */
  readonly next: () => number | null;
  /** Something that happens at this moment, in the order it was added; null: that was all. */
  readonly take: (at: number) => T | null;
};

export const createAgenda = <T>(): Agenda<T> => {
  const moments = createHeap();
  const items = new Map<number, { readonly list: T[]; taken: number }>();
  return {
    add: (at, item) => {
      const known = items.get(at);
      if (known !== undefined) known.list.push(item);
      else {
        items.set(at, { list: [item], taken: 0 });
        moments.push(at);
      }
    },
    peek: () => moments.peek() ?? null,
    next: () => moments.pop() ?? null,
    take: (at) => {
      const moment = items.get(at);
      const item = moment?.list[moment.taken];
      if (moment === undefined || item === undefined) {
        items.delete(at);
        return null;
      }
      moment.taken += 1;
      return item;
    },
  };
};
