import { setTimeout as pause } from 'node:timers/promises';
import type { StackSnapshot } from '../../domain/snapshot.ts';
import { connectControl } from '../control/client.ts';
import { toStatusData } from '../control/status-data.ts';
import { listenForSignals } from '../session/signals.ts';
import { findPlace, isConnectionError, sentenceOfNobody, toCommandLine } from './connect.ts';
import type { CommandContext } from './context.ts';
import { findOtherThanNamed, tellOther } from './other-file.ts';
import { refuseUnknown } from './refuse.ts';
import { createPainter } from './render/painter.ts';
import { choose, findUnknown, renderStatus, unknownOf } from './render/status.ts';
import { createTheme } from './render/theme.ts';

/** As the contract has it. */
const refreshEvery = 2_000;
/** 128 + SIGINT. */
const interrupted = 130;

/** Shows the status until it is interrupted, over every end and every start of the stack. */
export const watchStatus = async (context: CommandContext): Promise<number> => {
  const { args, stdout, stderr } = context;
  const place = await findPlace(context);
  if (!place.ok) {
    stderr.line(`muster status: ${place.reason}`);
    return 2;
  }
  const screen = createScreen(context);
  const ending = new AbortController();
  let code = 0;
  const unlisten = listenForSignals(({ exitCode }) => {
    code = exitCode;
    ending.abort();
  });
  stdout.closed.addEventListener('abort', () => ending.abort(), { once: true });
  try {
    // What was there may be gone after an edit; what never was is a mistake, as it is without --watch.
    for (let wasKnown = false; !ending.signal.aborted && !stdout.closed.aborted; ) {
      const sight = await look(place.folder);
      if (sight.kind === 'stack' && !wasKnown) {
        const { snapshot } = sight;
        const name = unknownOf(snapshot, args.positionals);
        if (name !== null) return await refuseUnknown(context, { name, command: 'status', snapshot });
        wasKnown = true;
      }
      screen.show(sight);
      // It rejects when it is aborted, which the loop sees.
      await pause(refreshEvery, undefined, { signal: ending.signal }).catch(() => undefined);
    }
  } finally {
    unlisten();
    screen.close();
    // The terminal has echoed ^C: the prompt comes below it.
    if (code === interrupted && stdout.isTTY) stdout.line('');
  }
  return code;
};

type Sight =
  | { readonly kind: 'stack'; readonly snapshot: StackSnapshot }
  | { readonly kind: 'nobody'; readonly stale: boolean }
  | { readonly kind: 'problem'; readonly reason: string };

/** Connects anew each time: the supervisor may be another one by now. */
const look = async (folder: string): Promise<Sight> => {
  const found = await connectControl(folder);
  if (!found.ok && found.why === 'none') return { kind: 'nobody', stale: found.stale };
  if (!found.ok && found.why === 'refused') return { kind: 'problem', reason: found.reason };
  try {
    return found.ok ? { kind: 'stack', snapshot: await found.snapshot() } : { kind: 'problem', reason: found.reason };
  } catch (error) {
    if (!isConnectionError(error)) throw error;
    return { kind: 'nobody', stale: false };
  } finally {
    found.close();
  }
};

type Screen = { readonly show: (sight: Sight) => void; readonly close: () => void };

const createScreen = (context: CommandContext): Screen => {
  const { args, stdout } = context;
  const wanted = args.positionals;
  const toCommand = (words: readonly string[]): string => toCommandLine(context, words);
  const look = { colour: stdout.colour, unicode: stdout.unicode, toCommand };

  const toLines = (sight: Sight, height: number | null): string[] => {
    if (sight.kind === 'problem') return [sight.reason];
    if (sight.kind === 'nobody') return [sentenceOfNobody(context, sight.stale, ['up'])];
    const unknown = findUnknown(sight.snapshot, wanted);
    if (unknown !== null) return [unknown];
    const whole = sight.snapshot.services;
    const other = findOtherThanNamed(context, sight.snapshot);
    const told = other === null ? [] : [tellOther(other)];
    const room = height === null ? null : height - told.length;
    const options = { ...look, width: stdout.columns(), height: room, whole };
    return [...told, ...renderStatus(choose(sight.snapshot, wanted), options)];
  };

  const toData = (sight: Sight): Readonly<Record<string, unknown>> => {
    if (sight.kind === 'stack') return toStatusData(choose(sight.snapshot, wanted));
    return sight.kind === 'nobody' ? { running: false, stale: sight.stale } : { running: null, problem: sight.reason };
  };

  if (args.flag('json')) return { show: (sight) => stdout.line(JSON.stringify(toData(sight))), close: () => undefined };
  if (!stdout.isTTY) return { show: (sight) => stdout.lines([...toLines(sight, null), '']), close: () => undefined };
  const [columns, rows] = [() => stdout.columns() ?? 80, () => stdout.rows() ?? 24];
  const painter = createPainter({ write: stdout.write, columns, rows, cut: createTheme(stdout).cut });
  let last: Sight | null = null;
  const paint = (): void => {
    if (last !== null) painter.paint(toLines(last, rows() - 1));
  };
  const unresize = stdout.onResize(paint);
  return {
    show: (sight) => {
      last = sight;
      paint();
    },
    close: () => {
      unresize();
      painter.end();
    },
  };
};
