/** A part of the page, which has types of its own: `Part` says as far as it is looked at. */
export const partOfPage = async <Part>(file: string): Promise<Part> =>
  (await import(new URL(`../../lib/interfaces/dashboard/state/${file}`, import.meta.url).href)) as Part;

/** What the page asks of a browser, in this process. */
export type PretendedPage = {
  readonly hide: () => void;
  readonly show: () => void;
  /** To the document, as a browser would. */
  readonly emit: (type: string, event?: object) => void;
  /** How many listen for it. */
  readonly listeners: (type: string) => number;
  /** Another part of the browser. */
  readonly pretend: (name: string, value: unknown) => void;
  readonly restore: () => void;
};

export const pretendPage = (): PretendedPage => {
  const before = new Map<string, PropertyDescriptor | undefined>();
  const heard = new Map<string, Set<(event: object) => void>>();
  const listenersOf = (type: string): Set<(event: object) => void> => {
    const known = heard.get(type) ?? new Set();
    heard.set(type, known);
    return known;
  };
  const emit = (type: string, event: object = {}): void => {
    for (const listener of [...listenersOf(type)]) listener(event);
  };
  const document = {
    hidden: false,
    addEventListener: (type: string, listener: (event: object) => void) => void listenersOf(type).add(listener),
    removeEventListener: (type: string, listener: (event: object) => void) => void listenersOf(type).delete(listener),
  };
  const pretend = (name: string, value: unknown): void => {
    if (!before.has(name)) before.set(name, Object.getOwnPropertyDescriptor(globalThis, name));
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  };
  pretend('document', document);
  pretend('sessionStorage', { getItem: () => 'token', setItem: () => undefined, removeItem: () => undefined });
  pretend('requestAnimationFrame', (draw: () => void) => void setImmediate(draw));
  const turn = (hidden: boolean): void => {
    document.hidden = hidden;
    emit('visibilitychange');
  };
  return {
    hide: () => turn(true),
    show: () => turn(false),
    emit,
    listeners: (type) => listenersOf(type).size,
    pretend,
    restore: () => {
      for (const [name, descriptor] of before) {
        if (descriptor === undefined) Reflect.deleteProperty(globalThis, name);
        else Object.defineProperty(globalThis, name, descriptor);
      }
      before.clear();
    },
  };
};
