import type { ComponentChildren, JSX } from 'preact';
import { colours } from '../state/colours.ts';

type Style = { readonly colour: number | null; readonly isBold: boolean; readonly isDim: boolean };
const plain: Style = { colour: null, isBold: false, isDim: false };

/** The sixteen colours by name; of the others it is enough that the text is there. */
const apply = (style: Style, codes: string): Style => {
  let next = style;
  for (const code of (codes === '' ? '0' : codes).split(';').map(Number)) {
    if (code === 0) next = plain;
    else if (code === 1) next = { ...next, isBold: true };
    else if (code === 2) next = { ...next, isDim: true };
    else if (code === 22) next = { ...next, isBold: false, isDim: false };
    else if (code >= 30 && code <= 37) next = { ...next, colour: code - 30 };
    else if (code >= 90 && code <= 97) next = { ...next, colour: code - 82 };
    else if (code === 39) next = { ...next, colour: null };
    else if (code === 38 || code === 48) break;
  }
  return next;
};

const classOf = ({ colour, isBold, isDim }: Style): string =>
  [colour === null ? '' : `ansi-${colour}`, isBold ? 'ansi-bold' : '', isDim ? 'ansi-dim' : '']
    .filter((name) => name !== '')
    .join(' ');

/** A line of a log as text nodes, never as markup. `found`, in lower case, is marked where it is. */
export const AnsiLine = ({ text, found }: { readonly text: string; readonly found: string }): JSX.Element => {
  const parts: ComponentChildren[] = [];
  let style = plain;
  let from = 0;
  const add = (piece: string): void => {
    if (piece === '') return;
    const name = classOf(style);
    const marked = found === '' ? piece : mark(piece, found);
    parts.push(name === '' ? marked : <span class={name}>{marked}</span>);
  };
  for (const match of text.matchAll(colours)) {
    add(text.slice(from, match.index));
    style = apply(style, match[1] ?? '');
    from = match.index + match[0].length;
  }
  add(text.slice(from));
  return <>{parts}</>;
};

const mark = (text: string, found: string): ComponentChildren => {
  const lower = text.toLowerCase();
  const parts: ComponentChildren[] = [];
  let from = 0;
  for (let at = lower.indexOf(found); at !== -1 && found !== ''; at = lower.indexOf(found, from)) {
    parts.push(text.slice(from, at), <mark>{text.slice(at, at + found.length)}</mark>);
    from = at + found.length;
  }
  parts.push(text.slice(from));
  return parts;
};
