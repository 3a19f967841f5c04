import { useEffect, useReducer, useRef } from 'preact/hooks';

/** Something that changes, and those who look at it: they are told once a frame, however often it has changed by then. */
export type Store<State> = {
  readonly get: () => State;
  readonly set: (patch: Partial<State>) => void;
  readonly subscribe: (listener: () => void) => () => void;
};

export const createStore = <State extends object>(first: State): Store<State> => {
  let state = first;
  let isDue = false;
  const listeners = new Set<() => void>();
  const tell = (): void => {
    isDue = false;
    for (const listener of [...listeners]) listener();
  };
  return {
    get: () => state,
    set: (patch) => {
      state = { ...state, ...patch };
      if (isDue) return;
      isDue = true;
      // A page that is not shown gets no frames, and is not to fall behind.
      if (document.hidden) setTimeout(tell, 250);
      else requestAnimationFrame(tell);
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};

/** What `pick` gives of the store; drawn again only when that is another value. */
export const useStore = <State, Value>(store: Store<State>, pick: (state: State) => Value): Value => {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const value = pick(store.get());
  const shown = useRef(value);
  shown.current = value;
  const latestPick = useRef(pick);
  latestPick.current = pick;
  useEffect(() => {
    const look = (): void => {
      if (!Object.is(latestPick.current(store.get()), shown.current)) redraw(0);
    };
    look();
    return store.subscribe(look);
  }, [store]);
  return value;
};
