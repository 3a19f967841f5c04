/** Where a command prints: stdout for what was asked for, stderr for what is said about it. */
export type Output = {
  readonly write: (text: string) => void;
  readonly line: (text: string) => void;
  readonly lines: (texts: readonly string[]) => void;
  readonly isTTY: boolean;
  readonly colour: boolean;
  readonly unicode: boolean;
  /** Null where nobody counts columns: a pipe, a file. */
  readonly columns: () => number | null;
  readonly rows: () => number | null;
  /** Calls back when the terminal has another size; the answer ends that. */
  readonly onResize: (listener: () => void) => () => void;
  /** Aborted when nobody reads any more (`muster logs | head`). What is written after that is dropped. */
  readonly closed: AbortSignal;
  /** Why writing failed, when it was not that the reader went away. */
  readonly failure: () => string | null;
  /** Resolves when everything written is out. */
  readonly flush: () => Promise<void>;
};

export type Environment = Readonly<Record<string, string | undefined>>;

export type OutputOptions = { readonly stream: NodeJS.WriteStream; readonly env: Environment; readonly noColor: boolean };

export const createOutput = ({ stream, env, noColor }: OutputOptions): Output => {
  const closed = new AbortController();
  let failure: string | null = null;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // A reader that went away has what it wanted; anything else is told once, by main.
    if (error.code !== 'EPIPE') failure ??= error.code ?? error.message;
    closed.abort();
  });
  const write = (text: string): void => {
    if (!closed.signal.aborted && text !== '') stream.write(text);
  };
  // A terminal that was closed under us still says that it is one, without a size.
  const terminal = stream.isTTY ? stream : null;
  return {
    write,
    line: (text) => write(`${text}\n`),
    lines: (texts) => write(texts.map((text) => `${text}\n`).join('')),
    isTTY: terminal !== null,
    colour: hasColour(env, { isTTY: terminal !== null, noColor }),
    unicode: hasUnicode(env),
    columns: () => (terminal === null ? null : terminal.columns || 80),
    rows: () => (terminal === null ? null : terminal.rows || 24),
    onResize: (listener) => {
      terminal?.on('resize', listener);
      return () => terminal?.off('resize', listener);
    },
    closed: closed.signal,
    failure: () => failure,
    flush: () => new Promise((resolve) => (closed.signal.aborted ? resolve() : stream.write('', () => resolve()))),
  };
};

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
