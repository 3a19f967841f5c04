import type { ServiceName } from '../../domain/service.ts';
import type { StackSnapshot } from '../../domain/snapshot.ts';
import { startWatch } from '../../runtime/clock.ts';
import { toServiceData } from '../control/status-data.ts';
import type { ActionResult, StackControl } from '../control.ts';
import { listenForSignals } from '../session/signals.ts';
import { sentenceOfNobody, talk, tellNobody, toCommandLine } from './connect.ts';
import type { CommandContext } from './context.ts';
import { watchProgress } from './progress.ts';
import { refuse, tellUnknownInFile } from './refuse.ts';
import { type ActionKind, type Done, exitCodeOfDone, renderDone } from './render/actions.ts';
import { createTheme } from './render/theme.ts';

export type Action = {
  readonly kind: ActionKind;
  /** What the user typed, for messages. */
  readonly command: string;
  readonly act: (control: StackControl, names: readonly ServiceName[]) => Promise<ActionResult>;
};

/** An action on a running stack from beginning to end: what moves, what became of it, the exit code. */
export const carryOut = (context: CommandContext, action: Action): Promise<number> => {
  const { args, stderr } = context;
  const names = [...new Set(args.positionals)];
  return talk(context, {
    command: action.command,
    withSnapshot: true,
    acts: true,
    none: async (nobody) => {
      const unknown = action.kind === 'stop' || nobody.stale ? null : await tellUnknownInFile(context, names);
      if (unknown !== null) {
        stderr.line(unknown);
        return 2;
      }
      // What does not run is stopped already, but not started; what a killed supervisor has left may run.
      const isDone = action.kind === 'stop' && !nobody.stale;
      const next = action.kind === 'stop' ? ['up'] : ['up', ...names];
      if (isDone) tellNobody(context, nobody);
      else if (args.flag('json'))
        context.stdout.line(JSON.stringify({ ok: false, running: false, ...(nobody.stale ? { stale: true } : {}) }));
      else stderr.line(`muster ${action.command}: ${sentenceOfNobody(context, nobody.stale, next)}`);
      return isDone ? 0 : 2;
    },
    some: (control) => run({ context, control, action, names }),
  });
};

type Run = {
  readonly context: CommandContext;
  readonly control: StackControl;
  readonly action: Action;
  readonly names: readonly ServiceName[];
};

const run = async ({ context, control, action, names }: Run): Promise<number> => {
  const { args, stdout, stderr } = context;
  const { kind, command } = action;
  const isJson = args.flag('json');
  const before = await control.snapshot();
  const passed = startWatch();
  const result = await watchAction({ context, control, before, act: () => action.act(control, names) });
  if (result.ok === null) {
    stderr.line(`muster ${command}: the supervisor goes on with it; "${toCommandLine(context, ['status'])}" shows how far it is`);
    return result.exitCode;
  }
  if (!result.ok) return refuse(context, { refusal: result.refusal, command, names, snapshot: before });
  const done: Done = { kind, before, after: result.snapshot, names: result.names, took: passed() };
  const code = exitCodeOfDone(done);
  if (isJson) stdout.line(JSON.stringify(toDoneData(done, code), null, 2));
  else stdout.lines(renderDone(done, createTheme(stdout), (words) => toCommandLine(context, words)));
  return code;
};

type Interrupted = { readonly ok: null; readonly exitCode: number };
type Watched = {
  readonly context: CommandContext;
  readonly control: StackControl;
  readonly before: StackSnapshot;
  readonly act: () => Promise<ActionResult>;
};

/** Ctrl-C ends the waiting; what was asked for is the supervisor's business by then. */
const watchAction = async ({ context, control, before, act }: Watched): Promise<ActionResult | Interrupted> => {
  const { args, stdout } = context;
  let unlisten: () => void = () => undefined;
  const interrupted = new Promise<Interrupted>((resolve) => {
    unlisten = listenForSignals(({ exitCode }) => resolve({ ok: null, exitCode }));
  });
  const progress = args.flag('json') ? null : watchProgress(control, before, stdout);
  let after: ActionResult | Interrupted | null = null;
  try {
    after = await Promise.race([act(), interrupted]);
    return after;
  } finally {
    unlisten();
    progress?.end(after?.ok === true ? after.snapshot : null, after?.ok === true ? after.names : []);
  }
};

const toDoneData = ({ after, names, took }: Done, code: number): Readonly<Record<string, unknown>> => ({
  ok: code === 0,
  names,
  took: Math.round(took),
  services: after.services.filter(({ name }) => names.includes(name)).map(toServiceData),
});
