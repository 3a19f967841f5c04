/** What was pressed. `text` is what was typed, one character or a whole paste. */
export type Key =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'up' | 'down' | 'page-up' | 'page-down' | 'home' | 'end' }
  | { readonly kind: 'enter' | 'escape' | 'backspace' | 'tab' }
  | { readonly kind: 'interrupt' | 'suspend' | 'quit' | 'end-of-input' | 'redraw' | 'clear-line' };

type Named = Exclude<Key['kind'], 'text'>;

const controls: ReadonlyMap<string, Named> = new Map([
  ['\r', 'enter'],
  ['\n', 'enter'],
  ['\t', 'tab'],
  ['\x7f', 'backspace'],
  ['\b', 'backspace'],
  ['\x1b', 'escape'],
  ['\x03', 'interrupt'],
  ['\x1a', 'suspend'],
  ['\x1c', 'quit'],
  ['\x04', 'end-of-input'],
  ['\x0c', 'redraw'],
  ['\x15', 'clear-line'],
]);

/** What follows `ESC [` or `ESC O`; terminals differ. */
const sequences: ReadonlyMap<string, Named> = new Map([
  ['A', 'up'],
  ['B', 'down'],
  ['H', 'home'],
  ['F', 'end'],
  ['1~', 'home'],
  ['7~', 'home'],
  ['4~', 'end'],
  ['8~', 'end'],
  ['5~', 'page-up'],
  ['6~', 'page-down'],
]);

// A sequence that nobody knows is nothing, and never its letters: `ESC [ 3 ~` must not be a `~`.
const token = /\x1b[[O]([0-9;?]*[ -/]*[@-~])|[\x00-\x1f\x7f]|[^\x00-\x1f\x7f]+/gu;

/** Somebody who types quickly sends two or three at once; more is a paste, and no row of commands. */
const mostTyped = 3;

const toTexts = (text: string): Key[] => {
  const letters = [...text];
  return letters.length > mostTyped ? [{ kind: 'text', text }] : letters.map((letter) => ({ kind: 'text', text: letter }));
};

/** The keys in what a terminal in raw mode has sent. An escape key and the begin of a sequence look alike: it is never cut in two here. */
export const parseKeys = (input: string): Key[] => {
  const keys: Key[] = [];
  for (const [whole, sequence] of input.matchAll(token)) {
    if (sequence !== undefined) {
      const kind = sequences.get(sequence);
      if (kind !== undefined) keys.push({ kind });
      continue;
    }
    const control = controls.get(whole);
    if (control !== undefined) keys.push({ kind: control });
    else if (whole >= ' ') keys.push(...toTexts(whole));
  }
  return keys;
};
