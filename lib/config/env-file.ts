export type EnvFile = {
  readonly entries: readonly (readonly [name: string, value: string])[];
  readonly problems: readonly {
    readonly line: number;
    readonly column: number;
    readonly message: string;
    readonly hint: string;
  }[];
};

/** A file with more of them is no env file. */
const mostProblems = 20;

/**
 * `NAME=value` lines as the common dotenv tools read them: `#` comments, an optional `export`, single quotes literal, double
 * quotes with `\n`, `\t`, `\"`, `\\`, values over several lines in quotes. Variables are not expanded: what a file says is
 * what the service gets. No message repeats a value, because such files are where secrets live.
 */
export const parseEnvFile = (text: string): EnvFile => {
  const entries: (readonly [string, string])[] = [];
  const problems: EnvFile['problems'][number][] = [];
  const lines = text
    .replace(/^\ufeff/, '')
    .split('\n')
    .map((line) => line.replace(/\r$/, ''));
  for (let at = 0; at < lines.length && problems.length < mostProblems; at += 1) {
    const line = lines[at] ?? '';
    if (/^\s*(#|$)/.test(line)) continue;
    const say = (column: number, message: string, hint: string): void => {
      problems.push({ line: at + 1, column, message, hint });
    };
    const [head = '', indent = '', name = ''] = /^(\s*(?:export\s+)?)([^=\s]+)\s*=[ \t]*/.exec(line) ?? [];
    const first = line.length - line.trimStart().length + 1;
    if (head === '') {
      say(first, 'line is not NAME=value', 'write NAME=value, or start it with #');
    } else if (!/^[A-Za-z_][\w.-]*$/.test(name)) {
      say(indent.length + 1, 'name has characters outside A-Za-z0-9_', 'use letters, digits and "_"');
    } else {
      const start = at;
      const value = readValue(line.slice(head.length), () => lines[(at += 1)]);
      if (value !== null) entries.push([name, value]);
      else {
        at = start;
        say(head.length + 1, 'quote is never closed', 'close it');
      }
    }
  }
  return { entries, problems };
};

/** Null: the closing quote is missing. */
const readValue = (rest: string, nextLine: () => string | undefined): string | null => {
  const quote = rest.charAt(0);
  if (quote !== '"' && quote !== "'") return rest.replace(/(^|\s)#.*$/, '').trim();
  let text = rest.slice(1);
  for (;;) {
    const end = quote === "'" ? text.indexOf("'") : closingQuote(text);
    if (end >= 0) return quote === "'" ? text.slice(0, end) : unescape(text.slice(0, end));
    const next = nextLine();
    if (next === undefined) return null;
    text += `\n${next}`;
  }
};

const closingQuote = (text: string): number => {
  for (let at = 0; at < text.length; at += 1) {
    if (text.charAt(at) === '\\') at += 1;
    else if (text.charAt(at) === '"') return at;
  }
  return -1;
};

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

const unescape = (text: string): string => text.replace(/\\([nrt"\\$])/g, (_, char: string) => escapes[char] ?? char);
