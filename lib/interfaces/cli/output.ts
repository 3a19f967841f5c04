import { createSaid } from './said.ts';

/** Where a command prints: stdout for what was asked for, stderr for what is said about it. */
export type Output = {
  readonly write: (text: string) => void;
  readonly line: (text: string) => void;
  readonly lines: (texts: readonly string[]) => void;
  /** Written, and no part of what is said: frames that are drawn over, and what is no command's own. */
  readonly aside: (text: string) => void;
  readonly isTTY: boolean;
  readonly colour: boolean;
  readonly unicode: boolean;
  /** Null where nobody counts columns: a pipe, a file. Of a terminal that does not tell its size: COLUMNS, else 80. */
  readonly columns: () => number | null;
  readonly rows: () => number | null;
  /** Calls back when the terminal has another size; the answer ends that. */
  readonly onResize: (listener: () => void) => () => void;
  /** Aborted when nobody reads any more (`muster logs | head`). What is written after that is dropped. */
  readonly closed: AbortSignal;
  /** What was written, of much the newest; empty: nothing. */
  readonly said: () => string;
  /** Why writing failed, when it was not that the reader went away. */
  readonly failure: () => string | null;
  /** Resolves when everything written is out. */
  readonly flush: () => Promise<void>;
};

export type Environment = Readonly<Record<string, string | undefined>>;

export type OutputOptions = {
  /** Asked for once, when it is needed: to open one costs a command half a millisecond. */
  readonly open: () => NodeJS.WriteStream;
  readonly env: Environment;
  readonly noColor: boolean;
};

/** Characters of what was said that are kept. */
const longestSaid = 4_000;

export const createOutput = ({ open, env, noColor }: OutputOptions): Output => {
  let opened: NodeJS.WriteStream | null = null;
  let closed: AbortController | null = null;
  let failure: string | null = null;
  const stream = (): NodeJS.WriteStream => {
    if (opened !== null) return opened;
    opened = open();
    opened.on('error', (error: NodeJS.ErrnoException) => {
      // A reader that went away has what it wanted; anything else is told once, by main.
      if (error.code !== 'EPIPE') failure ??= error.code ?? error.message;
      isClosed = true;
      closed?.abort();
    });
    return opened;
  };
  let isClosed = false;
  const said = createSaid(longestSaid);
  const aside = (text: string): void => {
    if (text !== '' && !isClosed) stream().write(text);
  };
  const write = (text: string): void => {
    said.add(text);
    aside(text);
  };
  // A terminal that was closed under us still says that it is one, without a size.
  const terminal = (): NodeJS.WriteStream | null => (stream().isTTY ? stream() : null);
  return {
    write,
    aside,
    line: (text) => write(`${text}\n`),
    lines: (texts) => write(texts.map((text) => `${text}\n`).join('')),
    get isTTY() {
      return terminal() !== null;
    },
    get colour() {
      return hasColour(env, { isTTY: terminal() !== null, noColor });
    },
    unicode: hasUnicode(env),
    columns: () => sizeOf(terminal(), 'columns', Number(env['COLUMNS']) || 80),
    rows: () => sizeOf(terminal(), 'rows', Number(env['LINES']) || 24),
    onResize: (listener) => {
      const resized = terminal();
      resized?.on('resize', listener);
      return () => resized?.off('resize', listener);
    },
    get closed() {
      closed ??= new AbortController();
      if (isClosed) closed.abort();
      // Nobody would learn of it otherwise.
      stream();
      return closed.signal;
    },
    said: said.all,
    failure: () => failure,
    flush: () =>
      new Promise((resolve) => {
        if (opened === null || isClosed) resolve();
        else opened.write('', () => resolve());
      }),
  };
};

const sizeOf = (terminal: NodeJS.WriteStream | null, side: 'columns' | 'rows', usual: number): number | null =>
  terminal === null ? null : terminal[side] || usual;

/** `--no-color`, then FORCE_COLOR, then NO_COLOR (no-color.org), then whether it is a terminal that knows colours. */
export const hasColour = (
  env: Environment,
  { isTTY, noColor }: { readonly isTTY: boolean; readonly noColor: boolean },
): boolean => {
  if (noColor) return false;
  const { FORCE_COLOR: force, NO_COLOR: no, TERM: term } = env;
  if (force !== undefined && force !== '') return force !== '0' && force !== 'false';
  if (no !== undefined && no !== '') return false;
  return isTTY && term !== 'dumb';
};

/** Whether shapes beyond ASCII arrive: by the locale; the Linux console and old Windows consoles have no such letters. */
export const hasUnicode = (env: Environment, platform: string = process.platform): boolean => {
  if (env['TERM'] === 'linux' || env['TERM'] === 'dumb') return false;
  if (platform === 'win32') return Boolean(env['WT_SESSION'] ?? env['TERM_PROGRAM'] ?? env['ConEmuTask']);
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find((value) => value !== undefined && value !== '');
  return /utf-?8/i.test(locale ?? '');
};
