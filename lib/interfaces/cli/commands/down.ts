import type { DownResult, StackControl } from '../../control.ts';
import { listenForSignals } from '../../session/signals.ts';
import { carryOut } from '../carry-out.ts';
import { type Nobody, talk, toCommandLine } from '../connect.ts';
import type { CommandContext } from '../context.ts';
import { type Progress, watchProgress } from '../progress.ts';
import { renderDown } from '../render/actions.ts';
import { interruptHints } from '../render/stop.ts';
import { createTheme } from '../render/theme.ts';

export const run = async (context: CommandContext): Promise<number> => {
  if (context.args.text('on') !== null) return await (await import('../cluster/down.ts')).downFromCluster(context);
  const { args, stdout } = context;
  if (args.positionals.length > 0) {
    // Some of a stack go down as all of it does: those that need them first. The supervisor stays with the rest.
    return carryOut(context, { kind: 'stop', command: 'down', act: (control, names) => control.stop(names, 'with-dependents') });
  }
  return talk(context, {
    command: 'down',
    withSnapshot: true,
    acts: true,
    none: (nobody) => tellNothing(context, nobody),
    some: async (control) =>
      takeDown(context, control, args.flag('json') ? null : watchProgress(control, await control.snapshot(), stdout)),
    other: (control) => takeDown(context, control, null),
  });
};

const tellNothing = async (context: CommandContext, { stale }: Nobody): Promise<number> => {
  const { args, stdout } = context;
  if (stale) return (await import('../attach/end-stale.ts')).endStale(context);
  if (args.flag('json')) stdout.line(JSON.stringify({ running: false, stale }));
  else stdout.line('nothing is running here');
  return 0;
};

type Ends = Pick<StackControl, 'down' | 'hurry'>;

const takeDown = async (context: CommandContext, control: Ends, progress: Progress | null): Promise<number> => {
  const { args, stdout, stderr } = context;
  const theme = createTheme(stdout);
  if (stdout.isTTY) progress?.say(theme.paint('dim', 'stopping in order; Ctrl-C gives everything 1 s'));
  const interruption = hurryOnInterrupt(control, (hint) => progress?.say(theme.text(hint)));
  let result: DownResult | number;
  try {
    result = await Promise.race([control.down(), interruption.left]);
  } finally {
    interruption.unlisten();
    progress?.end(null, []);
  }
  if (typeof result === 'number') {
    stderr.line(`muster down: the supervisor goes on with it; "${toCommandLine(context, ['status'])}" shows how far it is`);
    return result;
  }
  if (args.flag('json')) stdout.line(JSON.stringify({ ...result, took: Math.round(result.took) }, null, 2));
  else stdout.lines(renderDown(result, theme));
  return result.survivors.length === 0 ? 0 : 1;
};

/** 128 + SIGINT. */
const interrupted = 130;

/** Ctrl-C hurries it, and once more kills; whoever ends us in another way leaves it to the supervisor. */
const hurryOnInterrupt = (
  control: Ends,
  say: (hint: string) => void,
): { readonly left: Promise<number>; readonly unlisten: () => void } => {
  let unlisten: () => void = () => undefined;
  const left = new Promise<number>((resolve) => {
    unlisten = listenForSignals(({ times, exitCode }) => {
      if (exitCode !== interrupted) {
        resolve(exitCode);
        return;
      }
      const level = times === 1 ? 1 : 2;
      say(interruptHints[level]);
      // When it cannot be said any more the stack is down, or its supervisor gone: `down` itself tells which.
      control.hurry(level).catch(() => undefined);
    });
  });
  return { left, unlisten };
};
