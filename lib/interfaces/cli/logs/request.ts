import { stripAnsi } from '../../../util/ansi.ts';
import { parseDuration } from '../../../util/duration.ts';
import { findPatternProblem } from '../../../util/pattern.ts';
import { quoteWord } from '../../exporters/shell.ts';
import type { LogFormat } from '../render/log-lines.ts';
import type { Args } from '../spec.ts';

/** What `muster logs` was asked for. */
export type LogRequest = {
  readonly follow: boolean;
  /** Lines of each service. */
  readonly tail: number;
  /** Milliseconds before now; null: always. */
  readonly since: number | null;
  /** The same as it was typed. */
  readonly span: string | null;
  readonly wants: ((text: string) => boolean) | null;
  readonly format: LogFormat;
};

/** Lines of each service when nothing says how many. */
const usualTail = 50;

/** What was asked for; or, in words, what is wrong with it. */
export const toLogRequest = (args: Args): LogRequest | string => {
  if (args.flag('raw') && args.flag('json')) return '--raw and --json exclude each other; choose one';
  const [tail, span, pattern] = [args.text('tail'), args.text('since'), args.text('grep')];
  if (tail !== null && !/^(\d{1,9}|all)$/.test(tail))
    return `option "--tail" does not take "${tail}"; write a number of lines, or all`;
  const since = span === null ? null : parseDuration(span);
  if (since?.ok === false) return `--since: ${since.problem}; ${since.hint}`;
  const wrong = pattern === null ? null : findPatternProblem(pattern, quoteWord);
  if (wrong !== null) return `--grep: ${wrong.problem}; ${wrong.hint}`;
  const expression = pattern === null ? null : new RegExp(pattern);
  return {
    follow: args.flag('follow'),
    tail: toTail(tail, since !== null),
    since: since?.value ?? null,
    span,
    // Colours are not what people search for.
    wants: expression === null ? null : (text) => expression.test(stripAnsi(text)),
    format: args.flag('json') ? 'json' : args.flag('raw') ? 'raw' : 'people',
  };
};

/** Who says since when wants all of that. */
const toTail = (tail: string | null, hasSince: boolean): number => {
  if (tail === null) return hasSince ? Number.POSITIVE_INFINITY : usualTail;
  return tail === 'all' ? Number.POSITIVE_INFINITY : Number(tail);
};
