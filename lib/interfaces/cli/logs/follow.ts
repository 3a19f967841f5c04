import type { LogEnd } from '../../../domain/process.ts';
import { followFile } from '../../../runtime/logs/follow.ts';
import type { Follower } from '../../../runtime/logs.ts';
import type { RemoteControl } from '../../control/client.ts';
import { listenForSignals } from '../../session/signals.ts';
import type { CommandContext } from '../context.ts';
import type { Hiding } from './hiding.ts';
import type { LogRequest } from './request.ts';
import { type Show, showBack } from './show-back.ts';
import { type LogSource, sourcesOf } from './sources.ts';

export type Follow = {
  readonly ends: ReadonlyMap<LogSource, LogEnd>;
  readonly request: LogRequest;
  readonly control: RemoteControl | null;
  readonly show: Show;
  readonly hiding: Hiding;
};

type Following = {
  /** Those that are not followed yet, from there on. */
  add(ends: ReadonlyMap<LogSource, LogEnd>): void;
  isNew(source: LogSource): boolean;
  drain(): Promise<void>;
  stop(): void;
};

const createFollowing = (show: Show, wants: LogRequest['wants']): Following => {
  const followers = new Map<string, Follower>();
  const start = (source: LogSource, from: LogEnd): Follower =>
    followFile({
      path: source.path,
      stream: source.stream,
      from,
      onLines: (lines) => {
        for (const { text, at } of lines) if (wants === null || wants(text)) show(source, [text], at);
      },
    });
  const isNew = ({ path }: LogSource): boolean => !followers.has(path);
  return {
    add: (ends) => {
      for (const [source, from] of ends) if (isNew(source)) followers.set(source.path, start(source, from));
    },
    isNew,
    drain: async () => {
      await Promise.all([...followers.values()].map((follower) => follower.drain()));
    },
    stop: () => {
      for (const follower of followers.values()) follower.stop();
    },
  };
};

/** Until it is interrupted, nobody reads any more, or the stack has ended in order. */
export const follow = async (context: CommandContext, { ends, request, control, show, hiding }: Follow): Promise<number> => {
  const { args, stdout, stderr } = context;
  const following = createFollowing(show, request.wants);
  following.add(ends);
  /** What a further `up` has added, from that moment on. */
  const addNew = async (sources: readonly LogSource[], at: number): Promise<void> => {
    const fresh = sources.filter(following.isNew);
    if (fresh.length === 0) return;
    // Before anything of a new service is shown, its secrets are known here.
    if (control !== null) await hiding.learnFrom(await control.snapshot());
    const since = Math.max(0, Date.now() - at);
    following.add(
      await showBack(context, {
        sources: fresh,
        request: { ...request, tail: Number.POSITIVE_INFINITY, since, span: null },
        show,
      }),
    );
  };
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
    ...(control === null
      ? []
      : [untilEnded(control, ending.signal, (services, at) => addNew(sourcesOf(services, args.positionals), at))]),
  ]);
  unlisten();
  ending.abort();
  // The last lines of services that were stopped just now.
  if (end === 0) await following.drain();
  following.stop();
  return end;
};

type OnApplied = (services: Parameters<typeof sourcesOf>[0], at: number) => Promise<void>;

/** Only an end in order counts: services live on when their supervisor is killed, and so do their logs. */
const untilEnded = async (control: RemoteControl, signal: AbortSignal, onApplied: OnApplied): Promise<number> => {
  for await (const event of control.events(signal)) {
    if (event.type === 'ended') return 0;
    if (event.type === 'applied') await onApplied(event.services, event.at);
  }
  return new Promise<number>(() => undefined);
};
