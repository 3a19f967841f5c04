/** Something that happens once, for whoever waits for it. */
export type Gate<Value = void> = {
  /** Resolves with what it was opened with. */
  readonly opened: Promise<Value>;
  readonly open: (value: Value) => void;
};

export const createGate = <Value = void>(): Gate<Value> => {
  let open: (value: Value) => void = () => undefined;
  const opened = new Promise<Value>((resolve) => {
    open = resolve;
  });
  return { opened, open };
};
