import { setTimeout as pause } from 'node:timers/promises';
import type { StackSnapshot } from '../../../domain/snapshot.ts';
import { didYouMean } from '../../../util/did-you-mean.ts';
import { connectControl } from '../../control/client.ts';
import { listenForSignals } from '../attach/signals.ts';
import { findPlace, isConnectionError, sentenceOfNobody, talk, tellNobody } from '../connect.ts';
import type { CommandContext } from '../context.ts';
import { tellUnknown } from '../render/actions.ts';
import { createPainter } from '../render/painter.ts';
import { renderStatus, toStatusData } from '../render/status.ts';

export const run = async (context: CommandContext): Promise<number> => {
  const { args, stdout } = context;
  if (args.flag('watch')) return watch(context);
  return talk(context, {
    command: 'status',
    none: (nobody) => {
      tellNobody(context, nobody);
      return 0;
    },
    some: async (control) => {
      const snapshot = await control.snapshot();
      const unknown = findUnknown(snapshot, args.positionals);
      if (unknown !== null) {
        context.stderr.line(unknown);
        return 2;
      }
      const chosen = choose(snapshot, args.positionals);
      if (args.flag('json')) stdout.line(JSON.stringify(toStatusData(chosen), null, 2));
      else stdout.lines(renderStatus(chosen, { colour: stdout.colour, unicode: stdout.unicode, width: stdout.columns() }));
      return 0;
    },
  });
};

const findUnknown = ({ services }: StackSnapshot, wanted: readonly string[]): string | null => {
  const names = services.map(({ name }) => name);
  const unknown = wanted.find((name) => !names.includes(name));
  return unknown === undefined ? null : tellUnknown(unknown, didYouMean(unknown, names));
};

const choose = (snapshot: StackSnapshot, wanted: readonly string[]): StackSnapshot =>
  wanted.length === 0 ? snapshot : { ...snapshot, services: snapshot.services.filter(({ name }) => wanted.includes(name)) };

/** As the contract has it. */
const refreshEvery = 2_000;

/** Until it is interrupted, over every end and start of the stack. */
const watch = async (context: CommandContext): Promise<number> => {
  const { stdout, stderr } = context;
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
  const end = (): void => ending.abort();
  stdout.closed.addEventListener('abort', end, { once: true });
  try {
    while (!ending.signal.aborted && !stdout.closed.aborted) {
      screen.show(await look(place.folder));
      // Aborted: the loop sees it.
      await pause(refreshEvery, undefined, { signal: ending.signal }).catch(() => undefined);
    }
  } finally {
    unlisten();
    screen.close();
  }
  return code;
};
