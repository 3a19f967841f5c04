import type { Probe } from '../../domain/service.ts';
import type { StackEvent } from '../../domain/stack-events.ts';

export type Watched = {
  /** Null: there is no answer yet. */
  readonly healthy: boolean | null;
  /** What the last check said that failed. */
  readonly detail: string | null;
  /** Of the last change, in epoch milliseconds; null: there was none. */
  readonly since: number | null;
};

type Ask = (purpose: 'ready' | 'health', report: (ok: boolean, detail: string | null) => void) => { stop(): void };

export type WatchOptions = {
  readonly name: string;
  readonly probe: Pick<Probe, 'retries' | 'successes'>;
  readonly ask: Ask;
  readonly emit: (event: StackEvent) => void;
};

/** The first answer decides; then `retries` failures in a row make it unhealthy, `successes` passes in a row well again. */
export const watchHealth = ({ name, probe, ask, emit }: WatchOptions): { now(): Watched; stop(): void } => {
  let watched: Watched = { healthy: null, detail: null, since: null };
  let row = 0;
  let asking: { stop(): void } | null = null;
  let isStopped = false;

  const become = (healthy: boolean, detail: string | null): void => {
    const at = Date.now();
    watched = { healthy, detail, since: at };
    row = 0;
    emit({ type: 'healthChanged', at, service: name, attempt: 0, healthy, reason: detail });
  };
  const hear = (ok: boolean, detail: string | null): void => {
    if (watched.healthy === null) {
      become(ok, detail);
      asking?.stop();
      if (!isStopped) asking = ask('health', hear);
      return;
    }
    if (!ok) watched = { ...watched, detail };
    row = ok === watched.healthy ? 0 : row + 1;
    if (row > 0 && row >= (ok ? probe.successes : probe.retries)) become(ok, detail);
  };
  // What is asked for the first time is asked at once, as a service is that has just been started.
  asking = ask('ready', hear);
  return {
    now: () => watched,
    stop: () => {
      isStopped = true;
      asking?.stop();
    },
  };
};
