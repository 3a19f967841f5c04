import { markOf } from '../../../runtime/file-mark.ts';
import type { StackControl } from '../../control.ts';
import { isConnectionError } from '../connect.ts';
import { type StatusOptions, tellEdits } from '../render/status.ts';

export type WatchEditsOptions = {
  readonly control: Pick<StackControl, 'snapshot'>;
  /** Of the stack, absolute. */
  readonly files: readonly string[];
  /** One sentence for people: what has become of them. */
  readonly say: (text: string) => void;
  readonly toCommand: StatusOptions['toCommand'];
};

/** Soon enough for somebody who saves a file and looks here, in milliseconds. */
const lookEvery = 1_000;

/**
 * Tells whoever is attached that the files of the stack say something else by now. The supervisor is asked only after one of them was
 * touched. Returns the way out.
 */
export const watchEdits = ({ control, files, say, toCommand }: WatchEditsOptions): (() => void) => {
  let marks = marksOf(files);
  let told: string | null = null;
  let isAsking = false;
  const ask = async (): Promise<void> => {
    const text = tellEdits(await control.snapshot(), toCommand);
    if (text !== null && text !== told) say(text);
    told = text;
  };
  const look = (): void => {
    const now = marksOf(files);
    if (isAsking || now === marks) return;
    marks = now;
    isAsking = true;
    ask()
      .catch((error: unknown) => {
        // Without its supervisor the view ends, and says so.
        if (!isConnectionError(error)) throw error;
      })
      .finally(() => {
        isAsking = false;
      });
  };
  const timer = setInterval(look, lookEvery);
  return () => clearInterval(timer);
};

const marksOf = (files: readonly string[]): string => files.map(markOf).join('\n');
