import { setTimeout as pause } from 'node:timers/promises';
import type { StackSnapshot } from '../../../domain/snapshot.ts';
import { readStackNote } from '../../../runtime/stack-note.ts';
import { connectControl, type RemoteControl } from '../../control/client.ts';
import { launchSupervisor, type Unheard } from '../attach/launch.ts';
import { findPlace, isConnectionError, toCommandOfRunning } from '../connect.ts';
import type { CommandContext } from '../context.ts';
import { findOtherThanNamed, tellOther } from '../other-file.ts';
import { renderLive } from '../render/live.ts';
import { createPainter } from '../render/painter.ts';
import { createTheme } from '../render/theme.ts';

/** A stack that answers. `isOurs`: this command has started its supervisor. */
export type Stack = {
  readonly control: RemoteControl;
  readonly isOurs: boolean;
  /** Of ours, when it has ended: what it had to say and nobody has heard. */
  readonly unheard?: () => Promise<string>;
};

/** Somebody else may have the lock for a moment, or be first: then theirs is joined. */
export const heldByAnother = 5;

/**
 * Joins the stack that runs here, or starts one of our own: the supervisor of `up -d`, out of reach of the terminal's Ctrl-C, so
 * that the command goes first and its services after it. A number is the exit code of a supervisor that did not come up.
 */
export const openOwnStack = async (
  context: CommandContext,
  folder: string,
  command: 'run' | 'recover',
): Promise<Stack | number> => {
  const running = await connectControl(folder);
  if (running.ok) return { control: running, isOurs: false };
  if (running.why !== 'none') {
    if (running.why === 'version') running.close();
    context.stderr.line(`muster ${command}: ${running.reason}`);
    return heldByAnother;
  }
  const left = running.stale ? findOtherThanNamed(context, { file: readStackNote(folder)?.file }) : null;
  if (left !== null) {
    context.stderr.line(`muster ${command}: ${tellOther(left)}; "${toCommandOfRunning(context, left, ['down'])}" first`);
    return heldByAnother;
  }
  const launched = await launchSupervisor(context, folder, []);
  if (launched.ok) {
    const { control, isOurs, awaitExit, readUnheard } = launched;
    return { control, isOurs, unheard: () => awaitExit().then(() => toText(readUnheard())) };
  }
  const place = launched.exitCode === heldByAnother ? await findPlace(context, false) : null;
  const other = place?.ok === true ? await connectControl(place.folder) : null;
  if (other?.ok === true) return { control: other, isOurs: false };
  // It has said why, where nobody could see it.
  context.stderr.write(toText(launched));
  return launched.exitCode;
};

/** Stdout is the command's. */
const toText = ({ story, words }: Unheard): string => `${story}${words}`;

/** Milliseconds between two looks. */
const lookEvery = 50;

/** Waits for the end of the boot; a terminal shows it meanwhile. Null: the supervisor is gone. */
export const awaitBoot = async (
  { stderr }: CommandContext,
  control: RemoteControl,
  isShown: boolean,
): Promise<StackSnapshot | null> => {
  const width = (): number => stderr.columns() ?? 80;
  const rows = (): number => stderr.rows() ?? 24;
  const painter =
    stderr.isTTY && isShown ? createPainter({ write: stderr.aside, columns: width, rows, cut: createTheme(stderr).cut }) : null;
  try {
    for (;;) {
      const snapshot = await control.snapshot();
      if (snapshot.booting !== true) return snapshot;
      const { colour, unicode } = stderr;
      painter?.paint(renderLive(snapshot, { width: width(), height: rows() - 1, colour, unicode, eta: null }));
      await pause(lookEvery);
    }
  } catch (error) {
    if (!isConnectionError(error)) throw error;
    return null;
  } finally {
    painter?.clear();
    painter?.end();
  }
};
