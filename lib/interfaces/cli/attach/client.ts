import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { PortHolder } from '../../../domain/process.ts';
import type { StackSnapshot } from '../../../domain/snapshot.ts';
import { projectId } from '../../../runtime/identity.ts';
import { isThere } from '../../../runtime/processes/is-there.ts';
import { projectFolder } from '../../../runtime/project-folder.ts';
import type { RuntimeDir } from '../../../runtime/runtime-dir.ts';
import { readStackNote } from '../../../runtime/stack-note.ts';
import { connectControl, type RemoteControl } from '../../control/client.ts';
import type { AgreedHolder } from '../../control.ts';
import { isConnectionError, toCommandLine } from '../connect.ts';
import type { CommandContext, Loaded } from '../context.ts';
import { findOtherFile, type Running } from '../other-file.ts';
import type { Consent } from './ask-force.ts';
import { awaitEnd, refuseFreshPart, type Try } from './await-end.ts';
import type { Unheard } from './launch.ts';
import { tellGone } from './sentences.ts';
import { showDashboard } from './show-dashboard.ts';
import { stayWith } from './stay.ts';
import { waitFor } from './wait-for.ts';

export type UpMode = 'attached' | 'detached' | 'here';

export type UpOptions = {
  readonly context: CommandContext;
  readonly loaded: Loaded;
  readonly mode: UpMode;
};

/** Supervisors may come and go while we try: two more than any test of fifty at once has needed. */
const tries = 5;

/** Of an `up` whose stack somebody else has taken down before it was up: nothing has failed, but it is not there. */
const takenDown = 1;

/** Boots the stack, or joins whoever does, in the way of this mode. The exit code. */
export const upByMode = async (options: UpOptions): Promise<number> => {
  for (let round = 0; round < tries; round += 1) {
    // Once: who boots it after that is as fresh as we are.
    const result = await tryUp(options, round === 0 && options.context.args.flag('fresh'));
    if ('code' in result) return result.code;
    await pause(50);
  }
  const { context } = options;
  const status = toCommandLine(context, ['status']);
  context.stderr.line(`muster up: whoever supervises this stack goes away again and again; "${status}" shows what is left`);
  return 5;
};

const tryUp = async (options: UpOptions, isFresh: boolean): Promise<Try> => {
  const { context, loaded, mode } = options;
  const folder = findFolder(options);
  if (!folder.ok) {
    context.stderr.line(`muster up: ${folder.reason}`);
    return { code: 2 };
  }
  const running = await connectControl(folder.path);
  if (running.ok) return join(options, running, isFresh);
  if (running.why === 'version') running.close();
  if (running.why !== 'none') return refuse(context, running.reason);
  const kept = running.stale ? await declineOtherFile(options, { file: readStackNote(folder.path)?.file }) : null;
  if (kept !== null) return { code: kept };
  if (mode !== 'here') return launch(options, folder.path);
  const end = await (await import('./own.ts')).superviseHere(context, loaded, false);
  if (typeof end === 'number') return { code: end };
  return joinHolder(options, end.holder.pid);
};

const refuse = ({ stderr }: CommandContext, reason: string): Try => {
  stderr.line(`muster up: ${reason}`);
  return { code: 5 };
};

/** Whoever has been quicker may be of another session, which has another one. */
const findFolder = ({ context, loaded }: UpOptions): RuntimeDir => projectFolder(loaded.stack.root, context.env);

/** Somebody has the lock, and so will have a socket. */
const joinHolder = async (options: UpOptions, pid: number): Promise<Try> => {
  for (let round = 0; round < tries; round += 1) {
    const folder = findFolder(options);
    if (!folder.ok) return refuse(options.context, folder.reason);
    const found = await connectControl(folder.path);
    if (found.ok) return join(options, found);
    if (found.why === 'version') found.close();
    if (found.why === 'version') return refuse(options.context, found.reason);
    // Gone meanwhile, or not ready to talk.
    if (found.why === 'none' && !isThere(pid)) return { again: true };
    await pause(50);
  }
  return refuse(options.context, `this stack is already up, under the supervisor with pid ${pid}, which does not answer`);
};

/** `isFresh`: what runs is not joined, but taken down. */
const join = async (options: UpOptions, control: RemoteControl, isFresh = false): Promise<Try> => {
  const { context, mode } = options;
  try {
    const snapshot = await control.snapshot();
    if (snapshot.stopping === true) return await awaitEnd(context, control, 'stopping');
    const kept = await declineOtherFile(options, snapshot);
    if (kept !== null) return { code: kept };
    if (isFresh && context.args.positionals.length > 0) return { code: refuseFreshPart(context) };
    if (isFresh) return await awaitEnd(context, control, 'fresh');
    const declined = await declineSwitch(options, snapshot);
    if (declined !== null) return { code: declined };
    const consent = await askConsent(options);
    if (!consent.ok) return { code: consent.exitCode };
    if (consent.agreed.length > 0) await control.agree(toAgreed(consent.agreed));
    await showIfAsked(context, control);
    if (mode === 'attached') return { code: await stayWith({ ...options, control, owned: null }) };
    const waited = await waitFor({ ...options, control, isJoining: true });
    if (waited === 'taken-down') return { code: takenDown };
    return typeof waited === 'string' ? { again: true } : waited;
  } catch (error) {
    if (!isConnectionError(error)) throw error;
    if (error.name === 'ConnectionLost') return { again: true };
    return refuse(context, error.message);
  } finally {
    control.close();
  }
};

const launch = async (options: UpOptions, folder: string): Promise<Try> => {
  const { context, mode } = options;
  const consent = await askConsent(options);
  if (!consent.ok) return { code: consent.exitCode };
  // Where the stack runs already, nothing is launched: then it need not be loaded.
  const { launchSupervisor } = await import('./launch.ts');
  const launched = await launchSupervisor(context, folder, toAgreed(consent.agreed));
  if (!launched.ok) {
    // Somebody else was quicker.
    if (launched.exitCode === 5) return { again: true };
    tellUnheard(context, launched);
    return { code: launched.exitCode };
  }
  const { control, isOurs, exited, awaitExit, readUnheard } = launched;
  const endUnheard = async (): Promise<Try> => {
    const code = await awaitExit();
    tellUnheard(context, readUnheard());
    return { code };
  };
  // Somebody else was quicker; ours has found that out.
  if (!isOurs) return join(options, control);
  try {
    await showIfAsked(context, control);
    if (mode === 'attached') return { code: await stayWith({ ...options, control, owned: { exited } }) };
    const waited = await waitFor({ ...options, control, isJoining: false });
    if (waited === 'unheard') return await endUnheard();
    return typeof waited === 'string' ? { code: await awaitExit() } : waited;
  } catch (error) {
    if (!isConnectionError(error)) throw error;
    return await endUnheard();
  } finally {
    control.close();
  }
};

/** Our supervisor has ended, and what came of the boot did not reach us over its socket. */
const tellUnheard = (context: CommandContext, { story, words }: Unheard): void => {
  context.stdout.write(story);
  context.stderr.write(words);
  if (story === '' && words === '') tellGone(context);
};

/** Loaded where another file runs. */
const declineOtherFile = async ({ context, loaded }: UpOptions, running: Running): Promise<number | null> => {
  const { stack } = loaded;
  const other = findOtherFile(context, running, path.join(stack.root, path.basename(stack.file)));
  return other === null ? null : (await import('./ask-switch.ts')).askBeforeOtherFile(other, context);
};

/** Loaded where an environment is named. */
const declineSwitch = async ({ context, loaded }: UpOptions, snapshot: StackSnapshot): Promise<number | null> => {
  if (context.args.text('env') === null) return null;
  const { askBeforeSwitch } = await import('./ask-switch.ts');
  return askBeforeSwitch(snapshot, loaded.stack.environment, context);
};

const showIfAsked = async (context: CommandContext, control: RemoteControl): Promise<void> => {
  if (context.args.flag('dashboard')) await showDashboard(context, control, context.args.flag('json'));
};

/** Whom `--force` may end is asked here, where the user is. */
const askConsent = async ({ context, loaded }: UpOptions): Promise<Consent> => {
  if (!context.args.flag('force')) return { ok: true, agreed: [] };
  const [{ openOutside }, { findStrangers }] = await Promise.all([
    import('../../open-outside.ts'),
    import('../../../supervisor/strangers.ts'),
  ]);
  const { root } = loaded.stack;
  const { sockets } = await openOutside(root, context.env);
  const project = projectId(root);
  const { askBeforeForce } = await import('./ask-force.ts');
  return askBeforeForce(await findStrangers({ sockets, stack: loaded.stack, project }), context);
};

const toAgreed = (holders: readonly PortHolder[]): AgreedHolder[] =>
  holders.flatMap(({ port, process: holder }) => (holder === null ? [] : [{ port, process: holder }]));
