import { exitCodeOf } from '../../../domain/outcome.ts';
import type { StackSnapshot } from '../../../domain/snapshot.ts';
import type { RemoteControl } from '../../control/client.ts';
import { mayGoOn } from '../../session/may-go-on.ts';
import { awaitSignal } from '../../session/signals.ts';
import { sentenceOfBackground, sentenceOfIdle, toCommandLine } from '../connect.ts';
import type { CommandContext, Loaded } from '../context.ts';
import { toOutcomeLine } from '../render/json.ts';
import { createTheme } from '../render/theme.ts';
import { wrapHanging } from '../render/wrap.ts';
import { type BroughtUp, bringUp, toApplyRequest } from './bring-up.ts';
import { chooseView, readPlan } from './choose-view.ts';
import { renderAddresses, renderVerdictOf, tellTakenDown } from './sentences.ts';
import { type Show, showStack } from './show.ts';

export type WaitOptions = {
  readonly context: CommandContext;
  readonly loaded: Loaded;
  readonly control: RemoteControl;
  /** The stack was there before us. */
  readonly isJoining: boolean;
};

/**
 * What it came to. `taken-down`: somebody asked for the end before it was up, which was told. `ended`: the supervisor has ended
 * by itself, and what came of the boot was told; `unheard`: it has ended, and that was not.
 */
export type Waited = { readonly code: number } | 'taken-down' | 'ended' | 'unheard';

/** `up -d`, and an `up` without a terminal where the stack runs already: shows what happens until it has settled, and goes. */
export const waitFor = async (options: WaitOptions): Promise<Waited> => {
  const interrupted = awaitSignal();
  try {
    return await waitUnless(interrupted.exitCode, options);
  } finally {
    interrupted.unlisten();
  }
};

const waitUnless = async (interrupted: Promise<number>, options: WaitOptions): Promise<Waited> => {
  const { context, loaded, control, isJoining } = options;
  const { args, stderr } = context;
  let wasStopped = false;
  const told = new Set<string>();
  const ending = new AbortController();
  const planOf = isJoining ? null : await readPlan(loaded, context);
  const show = await showStack({
    control,
    createView: chooseView({ context, loaded, planOf, hint: 'it stays when this ends', canHurry: false }),
    logFiles: new Map(),
    isJoining,
    signal: ending.signal,
    onEvent: (event) => {
      if (event.type === 'stopping') wasStopped = true;
      const failures = event.type === 'booted' ? event.report.failures : event.type === 'failed' ? event.failures : [];
      for (const { cause } of failures) told.add(cause.name);
    },
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
    // It goes down, by itself or because somebody said so: that is waited for, too, so that what is said at the end is so.
    const goesDown = result === null || (typeof result !== 'number' && result.ends === true);
    const left = goesDown ? await Promise.race([show.done.then(() => null), interrupted]) : result;
    // What has happened until now is shown before anything is said about it: it has reached us before a new answer.
    if (!goesDown) await control.snapshot();
    ending.abort();
    await show.done;
    if (typeof left === 'number') {
      stderr.line(`muster up: it goes on without us; "${toCommandLine(context, ['status'])}" shows how far it is`);
      return { code: left };
    }
    if (result === null && wasStopped) {
      tellTakenDown(context);
      return 'taken-down';
    }
    if (result === null) return 'unheard';
    if (left === null) return isJoining && typeof result !== 'number' ? { code: result.code } : 'ended';
    if (isJoining && left.code !== 0 && left.problem === null && !args.flag('json'))
      await tellUntold(context, control, left, told);
    return { code: finish(context, left, isJoining) };
  } finally {
    ending.abort();
    await show.done;
  }
};

/** What has failed before we came is told to us as to whoever was there. */
const tellUntold = async (
  context: CommandContext,
  control: RemoteControl,
  { snapshot }: NonNullable<BroughtUp>,
  told: ReadonlySet<string>,
): Promise<void> => {
  const { stdout } = context;
  const causes = snapshot.outcome.causes.filter(({ name, optional }) => !optional && !told.has(name));
  if (causes.length === 0) return;
  const { tellCauses } = await import('../run/failures.ts');
  const again = toCommandLine(context, ['up', ...context.args.positionals]);
  stdout.lines([...(await tellCauses(context, control, { services: snapshot.services, causes, output: stdout, again })), '']);
};

const untilBooted = async (control: RemoteControl, { booted, mirror }: Show, strict: boolean): Promise<BroughtUp> => {
  const report = await booted;
  if (report === null) return null;
  const code = exitCodeOf(report.outcome, strict);
  // It may be gone by now.
  if (report.ends === true) return { code, snapshot: mirror.snapshot(), problem: null, ends: true };
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
  const isAlive = snapshot.services.some(({ state, stoppedFor }) => mayGoOn(state, stoppedFor ?? null));
  const sentence = isAlive ? sentenceOfBackground(context) : sentenceOfIdle(context);
  if (args.flag('detach')) stdout.lines(wrapHanging(sentence, stdout.columns(), '  ').map((line) => theme.paint('dim', line)));
  return code;
};

const toOutcome = ({ outcome, name, elapsed }: StackSnapshot): string =>
  toOutcomeLine(outcome, { at: Date.now(), stack: name, elapsed });
