import { addressMark } from '../domain/text.ts';

/**
 * `${VAR}`, `${VAR-default}`, `${VAR:-default}`, `${VAR?message}`, `${VAR:?message}` and `$$`. A default may hold one more
 * level of variables. What a variable holds is never expanded again, so nothing recurses. A bare `$VAR` is the shell's.
 */
export type VariableProblem = {
  readonly code: 'variable-unset' | 'variable-syntax';
  /** Index of the `${` in the text. */
  readonly at: number;
  readonly message: string;
  readonly hint: string | null;
  /** The one that is not set, and for which nothing else is said. */
  readonly variable?: string;
};

export type Interpolated = {
  /** Address references are left in as `addressMark`s. */
  readonly text: string;
  readonly problems: readonly VariableProblem[];
  /** Every variable that was looked up, with the index of its `${`. */
  readonly variables: readonly string[];
  readonly addresses: readonly { readonly at: number; readonly service: string; readonly what: string }[];
};

export type Variables = Readonly<Record<string, string | undefined>>;

type Scan = {
  readonly source: string;
  readonly env: Variables;
  readonly problems: VariableProblem[];
  readonly variables: string[];
  readonly addresses: { at: number; service: string; what: string }[];
};

export const interpolate = (source: string, env: Variables): Interpolated => {
  const scan: Scan = { source, env, problems: [], variables: [], addresses: [] };
  const { text } = expand(scan, { from: 0, to: source.length, depth: 0 });
  return { text, problems: scan.problems, variables: scan.variables, addresses: scan.addresses };
};

type Range = { readonly from: number; readonly to: number; readonly depth: number };

const expand = (scan: Scan, { from, to, depth }: Range): { text: string } => {
  const { source } = scan;
  let text = '';
  let at = from;
  while (at < to) {
    const dollar = source.indexOf('$', at);
    if (dollar < 0 || dollar >= to) break;
    text += source.slice(at, dollar);
    const next = source.charAt(dollar + 1);
    if (next === '$') {
      text += '$';
      at = dollar + 2;
    } else if (next === '{') {
      const end = closingBrace(source, dollar + 2, to);
      if (end < 0) {
        complain(scan, 'variable-syntax', dollar, ['"${" is never closed', 'add "}", or write $${ for a literal']);
        return { text };
      }
      text += expression(scan, { from: dollar, to: end, depth });
      at = end + 1;
    } else {
      text += '$';
      at = dollar + 1;
    }
  }
  return { text: text + source.slice(Math.min(at, to), to) };
};

/** Index of the `}` that closes the `${` before `from`, or -1. */
const closingBrace = (source: string, from: number, to: number): number => {
  let open = 1;
  for (let at = from; at < to; at += 1) {
    if (source.startsWith('$$', at)) at += 1;
    else if (source.startsWith('${', at)) {
      open += 1;
      at += 1;
    } else if (source.charAt(at) === '}') {
      open -= 1;
      if (open === 0) return at;
    }
  }
  return -1;
};

/** One `${…}`; `from` is its `$`, `to` its closing brace. */
const expression = (scan: Scan, { from, to, depth }: Range): string => {
  const body = scan.source.slice(from + 2, to);
  const address = /^([A-Za-z0-9][\w.-]*)\.(port|host|url)$/.exec(body);
  if (address !== null) {
    const [, service = '', what = ''] = address;
    scan.addresses.push({ at: from, service, what });
    return addressMark(service, what);
  }
  const parts = /^([A-Za-z_]\w*)(:?[-?])?/.exec(body);
  const [matched = '', name = '', operator = ''] = parts ?? [];
  if (parts === null || (operator === '' && matched.length !== body.length)) return badExpression(scan, from, body);
  scan.variables.push(name);
  const value = Object.hasOwn(scan.env, name) ? scan.env[name] : undefined;
  const isGiven = value !== undefined && !(operator.startsWith(':') && value === '');
  if (isGiven) return value;
  const rest: Range = { from: from + 2 + matched.length, to, depth: depth + 1 };
  if (operator.endsWith('-')) {
    if (depth < 1) return expand(scan, rest).text;
    if (!scan.source.slice(rest.from, to).includes('${')) return expand(scan, rest).text;
    complain(scan, 'variable-syntax', from, [
      'variables are nested more than one level deep',
      'give the inner one a name of its own',
    ]);
  } else if (operator.endsWith('?')) {
    const message = scan.source.slice(rest.from, to);
    complain(scan, 'variable-unset', from, [
      message === '' ? `variable "${name}" is not set` : `${name}: ${message}`,
      `set ${name}`,
    ]);
  } else {
    const hint = `set it in the environment, or write \${${name}:-default}`;
    scan.problems.push({ code: 'variable-unset', at: from, message: `variable "${name}" is not set`, hint, variable: name });
  }
  return '';
};

const badExpression = (scan: Scan, at: number, body: string): string => {
  const hint = /^[\w-]+\.\w+$/.test(body)
    ? 'of a service there are .port, .host and .url'
    : 'write ${NAME} or ${NAME:-default}; write $${ to leave it to the shell';
  complain(scan, 'variable-syntax', at, [`"\${${body}}" is not a variable`, hint]);
  return '';
};

const complain = (scan: Scan, code: VariableProblem['code'], at: number, [message, hint]: readonly [string, string]): void => {
  scan.problems.push({ code, at, message, hint });
};
