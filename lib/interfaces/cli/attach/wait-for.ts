import { exitCodeOf } from '../../../domain/outcome.ts';
import type { StackSnapshot } from '../../../domain/snapshot.ts';
import type { RemoteControl } from '../../control/client.ts';
import { toCommandLine } from '../connect.ts';
import type { CommandContext, Loaded } from '../context.ts';
import { toOutcomeLine } from '../render/json.ts';
import { createTheme } from '../render/theme.ts';
import { type BroughtUp, bringUp, toApplyRequest } from './bring-up.ts';
import { chooseView, readPlan } from './choose-view.ts';
import { renderAddresses, renderVerdictOf } from './sentences.ts';
import { type Show, showStack } from './show.ts';
import { listenForSignals } from './signals.ts';

export type WaitOptions = {
  readonly context: CommandContext;
  readonly loaded: Loaded;
  readonly control: RemoteControl;
  /** The stack was there before us. */
  readonly isJoining: boolean;
};

/**
 * `up -d`, and an `up` without a terminal where the stack runs already: shows what happens until it has settled, and goes. The
 * exit code; null: the stack went down before.
 */
export const waitFor = async ({ context, loaded, control, isJoining }: WaitOptions): Promise<number | null> => {
  const { args, stderr } = context;
  const ending = new AbortController();
  let unlisten: () => void = () => undefined;
  const interrupted = new Promise<number>((resolve) => {
    unlisten = listenForSignals(({ exitCode }) => resolve(exitCode));
  });
  const planOf = isJoining ? null : await readPlan(loaded, context);
  const show = await showStack({
    control,
    createView: chooseView({ context, loaded, planOf, hint: 'it stays when this ends' }),
    logFiles: new Map(),
    isJoining,
    signal: ending.signal,
  });
  const settling = isJoining
    ? bringUp({
        control,
        booted: show.booted,
        stack: loaded.stack,
        request: toApplyRequest(context, loaded.stack),
        isPart: args.positionals.length > 0,
        strict: args.flag('strict'),
      })
    : untilBooted(control, show, args.flag('strict'));
  settling.catch(() => undefined);
  try {
    const result = await Promise.race([settling, interrupted]);
    const isOver = result === null || typeof result === 'number';
    const isRefused = !isOver && result.isRefused === true;
    // What has happened until now is shown before anything is said about it: it has reached us before a new answer.
    if (!isRefused) await control.snapshot();
    // It goes down again, by itself: that is waited for, too, so that what is said at the end is so.
    const goesDown = isRefused || (!isOver && !isJoining && args.flag('rollback') && result.code !== 0);
    if (goesDown) await show.done;
    if (goesDown) return isJoining ? result.code : null;
    ending.abort();
    await show.done;
    if (typeof result === 'number') {
      stderr.line(`muster up: it goes on without us; "${toCommandLine(context, ['status'])}" shows how far it is`);
      return result;
    }
    return result === null ? null : finish(context, result, isJoining);
  } finally {
    ending.abort();
    unlisten();
    await show.done;
  }
};

const untilBooted = async (control: RemoteControl, { booted, mirror }: Show, strict: boolean): Promise<BroughtUp> => {
  const report = await booted;
  if (report === null) return null;
  const code = exitCodeOf(report.outcome, strict);
  // Who has refused to start anything may be gone by now.
  if (report.refused !== undefined) return { code, snapshot: mirror.snapshot(), problem: null, isRefused: true };
  return { code, snapshot: await control.snapshot(), problem: null };
};

const finish = (context: CommandContext, { code, snapshot, problem }: NonNullable<BroughtUp>, isJoining: boolean): number => {
  const { args, stdout, stderr } = context;
  if (problem !== null) {
    stderr.line(`${problem}; "${toCommandLine(context, ['down'])}" and "${toCommandLine(context, ['up'])}" start it anew`);
    return code;
  }
  if (args.flag('json')) {
    if (isJoining) stdout.line(toOutcome(snapshot));
    if (args.flag('detach')) stdout.line(JSON.stringify({ type: 'stackInBackground', snapshot }));
    return code;
  }
  const theme = createTheme(stdout);
  if (isJoining) {
    const { outcome, name } = snapshot;
    stdout.lines([renderVerdictOf({ outcome, name, took: null }, theme), ...renderAddresses(snapshot, theme)]);
  }
  if (args.flag('detach'))
    stdout.line(theme.paint('dim', 'it runs in the background: muster status, muster logs -f, muster down'));
  return code;
};

const toOutcome = ({ outcome, name, elapsed }: StackSnapshot): string =>
  toOutcomeLine(outcome, { at: Date.now(), stack: name, elapsed });
