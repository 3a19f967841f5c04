import { createProgramLookup } from '../../../config/checks/programs.ts';
import { exitCodeOf } from '../../../domain/outcome.ts';
import type { Service, ServiceName } from '../../../domain/service.ts';
import type { StackSnapshot } from '../../../domain/snapshot.ts';
import { type ForegroundEnd, runForeground } from '../../../runtime/foreground.ts';
import { backgroundVariable } from '../../../supervisor/addresses.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import { connectControl } from '../../control/client.ts';
import { ignoreStraySignals } from '../../session/signals.ts';
import { renderVerdictOf } from '../attach/sentences.ts';
import { findPlace, isConnectionError, toCommandLine, toCommandOfRunning } from '../connect.ts';
import type { CommandContext } from '../context.ts';
import { toShellCode } from '../exec/foreground-command.ts';
import { findOtherFile, tellOther } from '../other-file.ts';
import { renderDown, tellRefusal } from '../render/actions.ts';
import { createTheme } from '../render/theme.ts';
import { tellCauses } from '../run/failures.ts';
import { hurryDown, type Interruptions, interruptCommand, listenForInterruptions } from '../run/interruptions.ts';
import { judgeNamed } from '../run/judge-named.ts';
import { awaitBoot, heldByAnother, openOwnStack, type Stack } from '../run/own-stack.ts';
import { type ShownServices, showServices } from '../run/service-logs.ts';
import { toCommandVariables } from '../run/variables.ts';

/**
 * Boots the stack, runs a command when it is up, takes everything down again, and ends as the command did. stdin and stdout are
 * the command's; what muster has to say goes to stderr.
 */
export const run = async (context: CommandContext): Promise<number> => {
  // The supervisor that this command starts is the same command line in the background.
  if (context.env[backgroundVariable] === '1') return (await import('./up.ts')).run(context);
  ignoreStraySignals();
  const { args, cwd, env, stderr } = context;
  const [program = ''] = args.rest;
  const found = createProgramLookup()({ program, cwd, searchPath: env['PATH'] ?? '' });
  if (found.state !== 'found') {
    // Known before anything is started: nobody waits for a boot to learn of a typing mistake.
    stderr.line(`muster run: ${program} ${found.state === 'missing' ? 'was not found' : 'is not executable'}`);
    return found.state === 'missing' ? 127 : 126;
  }
  const loaded = await context.load({ only: args.positionals });
  if (loaded === null) return 2;
  const place = await findPlace(context, false);
  if (!place.ok) {
    stderr.line(`muster run: ${place.reason}`);
    return 2;
  }
  const interruptions = listenForInterruptions();
  const shown = args.flag('logs') ? showServices(loaded, stderr) : null;
  try {
    const opened = await openOwnStack(context, place.folder, 'run');
    if (typeof opened === 'number') return opened;
    shown?.watch(opened.control);
    try {
      const { services } = loaded.stack;
      return await runIn({ context, folder: place.folder, file: place.file, stack: opened, services, interruptions, shown });
    } finally {
      opened.control.close();
    }
  } finally {
    await shown?.stop();
    interruptions.close();
  }
};

type Run = {
  readonly context: CommandContext;
  /** The project's runtime folder. */
  readonly folder: string;
  /** The stack file that is meant. */
  readonly file: string;
  readonly stack: Stack;
  readonly services: ReadonlyMap<ServiceName, Service>;
  readonly interruptions: Interruptions;
  readonly shown: ShownServices | null;
};

const runIn = async (run: Run): Promise<number> => {
  const { context, stack, services, interruptions } = run;
  const { stderr, env, cwd, args } = context;
  const ready = await (stack.isOurs ? bootOwn(run) : joinOther(run));
  if (ready.snapshot === null) return ready.code;
  const [program = '', ...words] = args.rest;
  const variables = toCommandVariables({ snapshot: ready.snapshot, services, base: env });
  const command = runForeground({ program, args: words, cwd, env: variables });
  interruptions.hand(interruptCommand(command));
  const end = await command.ended;
  if (end.kind === 'not-started') stderr.line(`muster run: ${end.reason}`);
  const before = new Set(ready.snapshot.outcome.causes.map(({ name }) => name));
  const failures = await lookForFailures(run, before);
  const isDown = stack.isOurs ? await takeDown(run) : true;
  stderr.lines(failures);
  return toExitCode(end, isDown);
};

/** What is left over makes a success none. */
const toExitCode = (end: ForegroundEnd, isDown: boolean): number => toShellCode(end) || (isDown ? 0 : 1);

/** `snapshot` null: it did not come up, or was interrupted; everything of it is down again. */
type Ready = { readonly snapshot: StackSnapshot | null; readonly code: number };

const bootOwn = async (run: Run): Promise<Ready> => {
  const { context, stack, interruptions, shown } = run;
  const { args, stderr } = context;
  const theme = createTheme(stderr);
  let down: Promise<boolean> | null = null;
  // From the second time on it is the end that is interrupted.
  interruptions.hand(() => {
    down ??= takeDown(run);
  });
  // A signal may have come before there was anybody to hear it.
  if (interruptions.exitCode() !== null) down ??= takeDown(run);
  const reporting = stack.control.boot().catch(() => null);
  const snapshot = await awaitBoot(context, stack.control, shown === null);
  const report = await reporting;
  if (report?.refused !== undefined) {
    stderr.line(`muster run: ${toSafeText(report.refused, { colours: false })}`);
    await takeDown(run);
    return { snapshot: null, code: 1 };
  }
  const interrupted = interruptions.exitCode();
  if (interrupted !== null || snapshot === null) {
    const isDown = await (down ?? takeDown(run));
    if (interrupted === null) stderr.write((await stack.unheard?.()) ?? '');
    return { snapshot: null, code: isDown ? (interrupted ?? 1) : 1 };
  }
  const { outcome, name, elapsed } = snapshot;
  stderr.line(
    theme.paint('dim', `muster: ${renderVerdictOf({ outcome, name, took: elapsed }, createTheme({ ...theme, colour: false }))}`),
  );
  const code = exitCodeOf(outcome, args.flag('strict'));
  if (code === 0) return { snapshot, code };
  const told = await tellCauses(context, stack.control, { ...snapshot, causes: outcome.causes });
  await takeDown(run);
  stderr.lines(told);
  return { snapshot: null, code };
};

/** Somebody else's stack is used as it is: what is not up is started, and nothing is stopped afterwards. */
const joinOther = async ({ context, file, stack, interruptions }: Run): Promise<Ready> => {
  const { args, stderr } = context;
  const asked = args.text('env');
  const before = await stack.control.snapshot();
  const other = findOtherFile(context, before, file);
  if (other !== null) {
    stderr.line(`muster run: ${tellOther(other)}; "${toCommandOfRunning(context, other, ['down'])}" first`);
    return { snapshot: null, code: 5 };
  }
  if (asked !== null && asked !== before.environment) {
    stderr.line(
      `muster run: this stack runs already, in the environment ${before.environment}; stop it first, or leave --env out`,
    );
    return { snapshot: null, code: 5 };
  }
  if (args.flag('fresh')) {
    const first = toCommandLine(context, ['down']);
    stderr.line(`muster run: this stack runs already, and is used as it is; "${first}" first, or leave --fresh out`);
    return { snapshot: null, code: 5 };
  }
  const starting = stack.control.start(args.positionals);
  const result = await Promise.race([
    starting,
    new Promise<null>((resolve) => {
      interruptions.hand(() => resolve(null));
      if (interruptions.exitCode() !== null) resolve(null);
    }),
  ]);
  if (result === null) return { snapshot: null, code: interruptions.exitCode() ?? 130 };
  if (!result.ok) {
    stderr.lines(tellRefusal(result.refusal, { command: 'run', named: args.positionals }));
    return { snapshot: null, code: result.refusal.kind === 'unknown-service' ? 2 : 1 };
  }
  const { snapshot, names } = result;
  stderr.line(`muster: ${snapshot.name} runs here already; it is used, and left running`);
  const strict = args.flag('strict');
  const { code, causes } =
    args.positionals.length === 0
      ? { code: exitCodeOf(snapshot.outcome, strict), causes: snapshot.outcome.causes }
      : judgeNamed({ before, after: snapshot, names, strict });
  if (code === 0) return { snapshot, code };
  stderr.lines(await tellCauses(context, stack.control, { ...snapshot, causes }));
  return { snapshot: null, code };
};

/** Services that failed for good while the command ran: it may have failed because of them. */
const lookForFailures = async ({ context, stack }: Run, before: ReadonlySet<ServiceName>): Promise<readonly string[]> => {
  try {
    const snapshot = await stack.control.snapshot();
    const fresh = snapshot.outcome.causes.filter(({ name, state }) => !before.has(name) && state.kind !== 'stopped');
    return await tellCauses(context, stack.control, { ...snapshot, causes: fresh });
  } catch (error) {
    if (!isConnectionError(error)) throw error;
    return [];
  }
};

/** False: something of it lives on, which was told. */
const takeDown = async ({ context, folder, stack, interruptions }: Run): Promise<boolean> => {
  const { stderr } = context;
  interruptions.hand(hurryDown(stack.control));
  try {
    const result = await stack.control.down();
    if (result.survivors.length === 0) return true;
    stderr.lines(renderDown(result, createTheme(stderr)));
    return false;
  } catch (error) {
    if (!isConnectionError(error)) throw error;
    return endWhatIsLeft(context, folder);
  }
};

/** The supervisor is gone. Where it was killed, what it left is ended as it would have done. */
const endWhatIsLeft = async (context: CommandContext, folder: string): Promise<boolean> => {
  const found = await connectControl(folder);
  if (found.ok || found.why === 'version') found.close();
  // Somebody took it down in order, or has it in hand by now.
  if (found.ok || found.why !== 'none' || !found.stale) return true;
  const { endStale } = await import('../attach/end-stale.ts');
  const { stderr } = context;
  const code = await endStale(
    { ...context, stdout: { ...stderr, line: (text: string) => stderr.line(`muster run: ${text}`) } },
    'run',
  );
  return code === 0 || code === heldByAnother;
};
