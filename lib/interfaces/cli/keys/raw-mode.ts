import type { ReadStream } from 'node:tty';
import { glanceAtProcText } from '../../../runtime/processes/read-proc.ts';
import { toStatFields } from '../../../runtime/processes/stat.ts';

export type RawMode = {
  /** Gives the terminal back for a while, and takes it again. */
  readonly release: () => void;
  readonly take: () => void;
  readonly close: () => void;
};

/**
 * Hears single keys. The terminal is given back whatever ends us, but for SIGKILL, after which shells repair it. Null: there is
 * no keyboard, or it is not ours: a job in the background that touches the terminal is stopped for it.
 */
export const openRawMode = (stdin: ReadStream, onInput: (text: string) => void): RawMode | null => {
  if (!stdin.isTTY || !isInForeground()) return null;
  let isRaw = false;
  const onData = (chunk: Buffer | string): void => onInput(chunk.toString());

  const release = (): void => {
    if (!isRaw) return;
    isRaw = false;
    stdin.off('data', onData);
    stdin.setRawMode(false);
    stdin.pause();
  };
  const take = (): void => {
    if (isRaw || !isInForeground()) return;
    isRaw = true;
    stdin.setRawMode(true);
    stdin.on('data', onData);
    stdin.resume();
  };
  // A terminal that is closed under us gives an error, and its hang-up comes as a signal.
  const onError = (): void => undefined;
  stdin.on('error', onError);
  process.on('exit', release);
  take();
  return {
    release,
    take,
    close: () => {
      release();
      stdin.off('error', onError);
      process.off('exit', release);
    },
  };
};

/** Whether the terminal's foreground is our process group; where the system does not tell (not Linux), it is believed. */
const isInForeground = (): boolean => {
  const fields = toStatFields(glanceAtProcText('/proc/self/stat') ?? '');
  return fields === null || fields[2] === fields[5];
};
