import { followFile } from '../../../runtime/logs/follow.ts';
import type { LogEnd } from '../../../runtime/logs.ts';
import type { RemoteControl } from '../../control/client.ts';
import { listenForSignals } from '../attach/signals.ts';
import type { CommandContext } from '../context.ts';
import { toLogRequest } from '../logs/request.ts';
import { type Show, showBack } from '../logs/show-back.ts';
import { findLogSources, type LogSource } from '../logs/sources.ts';
import { createLineTeller } from '../render/log-lines.ts';

export const run = async (context: CommandContext): Promise<number> => {
  const { args, stdout, stderr } = context;
  const request = toLogRequest(args);
  if (typeof request === 'string') {
    stderr.line(`muster: ${request}`);
    return 2;
  }
  const found = await findLogSources(context);
  if (!found.ok) return found.code;
  const { sources, control } = found;
  const { format, wants } = request;
  const names = [...new Set(sources.map(({ name }) => name))];
  const tell = createLineTeller({ format, names, colour: stdout.colour, unicode: stdout.unicode });
  const show: Show = ({ name, stream }, texts, at) => {
    stdout.lines(texts.map((text) => tell({ service: name, stream, at, text })));
  };
  try {
    const ends = await showBack(context, { sources, request, show });
    if (!request.follow) return 0;
    const showWanted: Show = (source, texts, at) => show(source, wants === null ? texts : texts.filter(wants), at);
    return await follow(context, { ends, control, show: showWanted });
  } finally {
    control?.close();
  }
};

type Follow = { readonly ends: ReadonlyMap<LogSource, LogEnd>; readonly control: RemoteControl | null; readonly show: Show };
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
