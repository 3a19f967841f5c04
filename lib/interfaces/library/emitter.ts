import type { StackEvent, StackEventOf, StackEventType } from '../../domain/stack-events.ts';

export type Listener<Type extends StackEventType> = (event: StackEventOf<Type>) => void;
export type AnyListener = (event: StackEvent) => void;

/** `'*'` is every event. Each call of `on` and `once` answers with the way back. */
export type Emitter = {
  on<Type extends StackEventType>(type: Type, listener: Listener<Type>): () => void;
  on(type: '*', listener: AnyListener): () => void;
  /** For the next one of that kind only. */
  once<Type extends StackEventType>(type: Type, listener: Listener<Type>): () => void;
  once(type: '*', listener: AnyListener): () => void;
  off<Type extends StackEventType>(type: Type, listener: Listener<Type>): void;
  off(type: '*', listener: AnyListener): void;
};

export type EmitterSource = Emitter & { emit(event: StackEvent): void };

/**
 * Listeners are called in the turn in which something happens, in the order in which they came. One that throws is a bug of
 * the program: it is thrown where the program sees it, outside of the supervisor, and the other listeners get their event.
 */
export const createEmitter = (): EmitterSource => {
  const listeners = new Map<string, Set<{ readonly call: AnyListener; readonly once: boolean }>>();

  const add = (type: string, call: AnyListener, once: boolean): (() => void) => {
    const entry = { call, once };
    const known = listeners.get(type) ?? new Set();
    listeners.set(type, known.add(entry));
    return () => void known.delete(entry);
  };
  const remove = (type: string, call: AnyListener): void => {
    for (const entry of listeners.get(type) ?? []) if (entry.call === call) listeners.get(type)?.delete(entry);
  };
  const tell = (type: string, event: StackEvent): void => {
    const known = listeners.get(type);
    if (known === undefined) return;
    for (const entry of [...known]) {
      if (entry.once) known.delete(entry);
      try {
        entry.call(event);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  };

  return {
    // A listener of one type is only ever called with events of that type, which a map by type cannot express.
    on: (type: string, listener: unknown) => add(type, listener as AnyListener, false),
    once: (type: string, listener: unknown) => add(type, listener as AnyListener, true),
    off: (type: string, listener: unknown) => remove(type, listener as AnyListener),
    emit: (event) => {
      tell(event.type, event);
      tell('*', event);
    },
  };
};
