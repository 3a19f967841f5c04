/** A queue that gives its smallest number first. */
export type Heap = {
  readonly push: (value: number) => void;
  readonly pop: () => number | undefined;
  readonly peek: () => number | undefined;
};

/** A binary heap: push and pop take logarithmic time. */
export const createHeap = (): Heap => {
  const values: number[] = [];
  const at = (index: number): number => values[index] ?? Number.POSITIVE_INFINITY;

  const push = (value: number): void => {
    let index = values.push(value) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (at(parent) <= value) break;
      values[index] = at(parent);
      index = parent;
    }
    values[index] = value;
  };

  const pop = (): number | undefined => {
    const smallest = values[0];
    const last = values.pop();
    if (last === undefined || values.length === 0) return smallest;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const child = at(left + 1) < at(left) ? left + 1 : left;
      if (at(child) >= last) break;
      values[index] = at(child);
      index = child;
    }
    values[index] = last;
    return smallest;
  };

  return { push, pop, peek: () => values[0] };
};
