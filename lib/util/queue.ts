export type Queue<Item> = {
  add(item: Item): void;
  /** The oldest. Throws when there is none: ask `isEmpty` first. */
  next(): Item;
  isEmpty(): boolean;
};

/** First in, first out, in constant time: an array's `shift` moves everything that is left. */
export const createQueue = <Item>(): Queue<Item> => {
  let items: Item[] = [];
  let head = 0;
  return {
    add: (item) => {
      items.push(item);
    },
    next: () => {
      const item = items[head];
      if (head >= items.length || item === undefined) throw new Error('the queue is empty');
      head += 1;
      if (head === items.length) {
        items = [];
        head = 0;
      }
      return item;
    },
    isEmpty: () => head === items.length,
  };
};
