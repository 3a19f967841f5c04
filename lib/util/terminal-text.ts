import { controlSequence, isPrintableAscii } from './ansi.ts';
import { lazy } from './lazy.ts';

export type SafeTextOptions = {
  /** True: colours and other attributes of text are kept. False: no control sequence at all is left. */
  readonly colours: boolean;
};

// oxlint-disable-next-line no-control-regex -- control characters are what this file is about.
const colour = /^(?:\x1b\[|\x9b)[0-9;:]{0,64}m$/;
// oxlint-disable-next-line no-control-regex -- control characters are what this file is about.
const endsColour = /^(?:\x1b\[|\x9b)[0;:]*m$/;

// Besides the control characters: what turns the direction of text or takes no room, with which a line can look like another
// one, line separators, tag characters, and halves of surrogate pairs.
const invisible =
  '\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ufeff\\uffa0\\ufff9-\\ufffb\\u{e0000}-\\u{e0fff}';
const unsafe = lazy(() => new RegExp(`${controlSequence}|[\\x00-\\x08\\x0a-\\x1f\\x7f${invisible}\\ud800-\\udfff]`, 'gu'));

const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\0': '\\0' };

const toEscape = (character: string): string => {
  const code = character.codePointAt(0) ?? 0;
  if (code >= 0xd800 && code <= 0xdfff) return '\ufffd';
  const digits = code.toString(16);
  if (code > 0xffff) return `\\u{${digits}}`;
  return named[character] ?? (code > 0xff ? `\\u${digits.padStart(4, '0')}` : `\\x${digits.padStart(2, '0')}`);
};

// A carriage return in a line writes over what was there, as progress bars do: the last text is what a terminal would show.
const lastOverwrite = (line: string): string => {
  if (!line.includes('\r')) return line;
  let end = line.length;
  while (end > 0 && line[end - 1] === '\r') end -= 1;
  return end === 0 ? '' : line.slice(line.lastIndexOf('\r', end - 1) + 1, end);
};

/**
 * One line of a service's output, or any text from outside, as it may be written to a terminal: without the sequences that
 * move the cursor, set titles, write to the clipboard, ask the terminal questions or make links; characters that cannot be
 * seen are shown as escapes (`\u202e`). The rule is S-24's: keep colours only. The bytes in the file stay as they are.
 */
export const toSafeText = (line: string, { colours }: SafeTextOptions): string => {
  if (isPrintableAscii(line)) return line;
  let isColoured = false;
  const safe = lastOverwrite(line).replace(unsafe(), (found) => {
    if (colour.test(found)) {
      if (!colours) return '';
      isColoured = !endsColour.test(found);
      return found.startsWith('\x9b') ? `\x1b[${found.slice(1)}` : found;
    }
    const first = found.charCodeAt(0);
    return first === 0x1b || (first >= 0x80 && first <= 0x9f) ? '' : toEscape(found);
  });
  return isColoured ? `${safe}\x1b[0m` : safe;
};
