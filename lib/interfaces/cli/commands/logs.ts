import { followFile } from '../../../runtime/logs/follow.ts';
import { readBack } from '../../../runtime/logs/read-back.ts';
import { stripAnsi } from '../../../util/ansi.ts';
import { parseDuration } from '../../../util/duration.ts';
import { findPatternProblem } from '../../../util/pattern.ts';
import type { RemoteControl } from '../../control/client.ts';
import { listenForSignals } from '../attach/signals.ts';
import type { CommandContext } from '../context.ts';
import { findLogSources, type LogSource, lastWriteOf } from '../log-sources.ts';
import { createLineTeller, type LogFormat } from '../render/log-lines.ts';
import type { Args } from '../spec.ts';

export const run = async (context: CommandContext): Promise<number> => {
  const { args, stdout, stderr } = context;
  const request = toRequest(args);
  if (typeof request === 'string') {
    stderr.line(`muster: ${request}`);
    return 2;
  }
  const found = await findLogSources(context);
  if (!found.ok) return found.code;
  const { sources, control } = found;
  const { format, wants, since, span } = request;
  if (span !== null)
    stderr.line(`muster: when each line was printed is not recorded; shown are services that printed within ${span}`);
  const names = [...new Set(sources.map(({ name }) => name))];
  const tell = createLineTeller({ format, names, colour: stdout.colour, unicode: stdout.unicode });
  const show: Show = ({ name, stream }, texts, at) => {
    const lines = texts.filter((text) => wants === null || wants(text));
    stdout.lines(lines.map((text) => tell({ service: name, stream, at, text })));
  };
  try {
    const ends = new Map<LogSource, number>();
    for (const source of sources) {
      const isOld = since !== null && lastWriteOf(source) < Date.now() - since;
      ends.set(source, await showBack(context, { source, request, count: isOld ? 0 : request.tail, show }));
    }
    return request.follow ? await follow(context, { ends, control, show }) : 0;
  } finally {
    control?.close();
  }
};

type Request = {
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

/** What was asked for; or, in words, what is wrong with it. */
const toRequest = (args: Args): Request | string => {
  if (args.flag('raw') && args.flag('json')) return '--raw and --json exclude each other; choose one';
  const [tail, span, pattern] = [args.text('tail') ?? '50', args.text('since'), args.text('grep')];
  if (!/^(\d{1,9}|all)$/.test(tail)) return `option "--tail" does not take "${tail}"; write a number of lines, or all`;
  const since = span === null ? null : parseDuration(span);
  if (since?.ok === false) return `--since: ${since.problem}; ${since.hint}`;
  const wrong = pattern === null ? null : findPatternProblem(pattern);
  if (wrong !== null) return `--grep: ${wrong.problem}; ${wrong.hint}`;
  const expression = pattern === null ? null : new RegExp(pattern);
  return {
    follow: args.flag('follow'),
    tail: tail === 'all' ? Number.POSITIVE_INFINITY : Number(tail),
    since: since?.value ?? null,
    span,
    // Colours are not what people search for.
    wants: expression === null ? null : (text) => expression.test(stripAnsi(text)),
    format: args.flag('json') ? 'json' : args.flag('raw') ? 'raw' : 'people',
  };
};

/** `at`: null where nobody saw the lines come. */
type Show = (source: LogSource, texts: readonly string[], at: number | null) => void;
type Back = { readonly source: LogSource; readonly request: Request; readonly count: number; readonly show: Show };

/** What was printed before now. Resolves with where to go on. */
const showBack = ({ stdout }: CommandContext, { source, request, count, show }: Back): Promise<number> =>
  readBack({
    path: source.path,
    count,
    wants: count === 0 ? null : request.wants,
    isFollowed: request.follow,
    onLines: async (lines) => {
      show(source, lines, null);
      await stdout.flush();
      return !stdout.closed.aborted;
    },
  });

type Follow = { readonly ends: ReadonlyMap<LogSource, number>; readonly control: RemoteControl | null; readonly show: Show };

/** Until it is interrupted, nobody reads any more, or the stack has ended in order. */
const follow = async ({ stdout, stderr }: CommandContext, { ends, control, show }: Follow): Promise<number> => {
  const followers = [...ends].map(([source, from]) =>
    followFile({
      path: source.path,
      stream: source.stream,
      from,
      onLines: (lines) => {
        for (const { text, at } of lines) show(source, [text], at);
      },
    }),
  );
  if (control === null) stderr.line('muster: no stack answers here; this shows what comes, until Ctrl-C');
  const ending = new AbortController();
  let unlisten: () => void = () => undefined;
  const end = await Promise.race([
    new Promise<number>((resolve) => {
      unlisten = listenForSignals(({ exitCode }) => resolve(exitCode));
    }),
    new Promise<number>((resolve) => {
      stdout.closed.addEventListener('abort', () => resolve(0), { once: true });
      if (stdout.closed.aborted) resolve(0);
    }),
    ...(control === null ? [] : [untilEnded(control, ending.signal)]),
  ]);
  unlisten();
  ending.abort();
  // The last lines of services that were stopped just now.
  if (end === 0) await Promise.all(followers.map((follower) => follower.drain()));
  for (const follower of followers) follower.stop();
  return end;
};

/** Only an end in order counts: services live on when their supervisor is killed, and so do their logs. */
const untilEnded = async (control: RemoteControl, signal: AbortSignal): Promise<number> => {
  for await (const event of control.events(signal)) if (event.type === 'ended') return 0;
  return new Promise<number>(() => undefined);
};
