import { readStream } from './api.ts';
import { untilVisible, whenHidden } from './hidden.ts';
import type { LogBuffer } from './log-buffer.ts';
import type { LinesEvent } from './types.ts';

/** `reading`: what was there before is not all here yet. `broken`: it could not be read, and is asked for again. */
export type LogPhase = 'reading' | 'live' | 'broken';

export type Following = {
  /** Empty: all services. */
  readonly names: readonly string[];
  readonly buffer: LogBuffer;
  readonly signal: AbortSignal;
  readonly onPhase: (phase: LogPhase) => void;
  readonly onLines: () => void;
};

const tailOfOne = 2_000;
const tailOfAll = 50;
const again = 1_000;

/** Follows the logs of these services until `signal` aborts, and comes back after a loss. A hidden page follows nothing. */
export const followLogs = async ({ names, buffer, signal, onPhase, onLines }: Following): Promise<void> => {
  const tail = names.length === 1 ? tailOfOne : tailOfAll;
  const chosen = names.length === 0 ? '' : `&services=${encodeURIComponent(names.join(','))}`;
  buffer.clear();
  onPhase('reading');
  while (!signal.aborted) {
    await untilVisible(signal);
    const connection = new AbortController();
    const cut = (): void => connection.abort();
    signal.addEventListener('abort', cut);
    if (signal.aborted) cut();
    const stopWatching = whenHidden(cut);
    let isFresh = true;
    await readStream({
      path: `logs/stream?tail=${tail}${chosen}`,
      signal: connection.signal,
      onEvent: (type, data) => {
        // What was there before comes again; until then it stays.
        if (isFresh) buffer.clear();
        isFresh = false;
        if (type === 'lines') buffer.add(data as LinesEvent);
        if (type === 'live') onPhase('live');
        onLines();
      },
    });
    stopWatching();
    signal.removeEventListener('abort', cut);
    if (connection.signal.aborted) continue;
    onPhase('broken');
    await new Promise((resolve) => setTimeout(resolve, again));
  }
};
