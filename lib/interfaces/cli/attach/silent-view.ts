import type { View } from './view.ts';

/** For a supervisor in the background: what happens is in `logs/muster.log`, and with whoever asks through its socket. */
export const silentView: View = {
  begin: () => undefined,
  changed: () => undefined,
  notice: () => undefined,
  logs: () => undefined,
  booted: () => undefined,
  failed: () => undefined,
  stopping: () => undefined,
  stopped: () => undefined,
  close: () => undefined,
};
