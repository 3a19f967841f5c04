import type { Ms } from '../../domain/service.ts';
import type { Clock, Timer } from '../clock.ts';
import type { ReadyCheck } from './probe.ts';

export type Waiting = {
  readonly port: number;
  /** The pause before the next look, as far as this one is concerned. */
  readonly pace: () => Ms;
  /** Called once, in the turn in which somebody was seen to listen on the port; `missedAt`: when it was last seen that nobody did. */
  readonly onListening: (missedAt: Ms) => void;
};

export type ListenWatch = {
  isListening(port: number): boolean;
  /** Answers with the way out. */
  wait(waiting: Waiting): () => void;
  /** Something has happened that often goes with a port being opened: it is worth a look before its time. */
  nudge(): void;
};

export type ListenWatchOptions = { readonly clock: Clock; readonly readPorts: () => ReadonlySet<number> };

/** Looking takes at most one part in so many of the time: with a thousand listeners to read, a look is no longer cheap. */
const share = 8;
/** So much may be spent ahead: most looks are cheap, and one that is not comes when there is something to see. */
const ahead: Ms = 25;
/** A look that is younger is not worth another, whatever has happened. */
const tooFresh: Ms = 0.3;
/** So old a look may be for those who ask right after another. */
const fresh: Ms = 2;

/**
 * Sees a port being opened without asking the service: a connection costs both sides more than a look at the system's table, and
 * one look serves all that wait. Nothing is decided by it but when it is worth asking.
 */
export const createListenWatch = ({ clock, readPorts }: ListenWatchOptions): ListenWatch => {
  const waitings = new Set<Waiting>();
  let timer: Timer | null = null;
  let ports: ReadonlySet<number> = new Set();
  let readAt: Ms = Number.NEGATIVE_INFINITY;
  /** What was spent on looking and not yet made good by time that passed. */
  let debt: Ms = 0;

  const read = (): void => {
    const begun = clock.now();
    debt = Math.max(0, debt - (begun - readAt) / share);
    ports = readPorts();
    readAt = clock.now();
    debt += readAt - begun;
  };

  const rest = (): Ms => Math.max(0, debt - ahead) * share;

  const look = (): void => {
    timer = null;
    const missedAt = readAt;
    read();
    for (const waiting of [...waitings]) {
      if (!ports.has(waiting.port) || !waitings.delete(waiting)) continue;
      waiting.onListening(missedAt);
    }
    plan();
  };

  const plan = (): void => {
    timer?.cancel();
    timer = null;
    if (waitings.size === 0) return;
    let soonest = Number.POSITIVE_INFINITY;
    for (const { pace } of waitings) soonest = Math.min(soonest, pace());
    timer = clock.setTimer(Math.max(soonest, rest()), look);
  };

  return {
    isListening: (port) => {
      if (clock.now() - readAt > Math.max(fresh, rest())) read();
      return ports.has(port);
    },
    wait: (waiting) => {
      waitings.add(waiting);
      // With a look planned already, a thousand that begin to wait in one turn plan nothing anew.
      if (timer === null) plan();
      return () => {
        waitings.delete(waiting);
        if (waitings.size === 0) plan();
      };
    },
    nudge: () => {
      if (waitings.size === 0 || rest() > 0 || clock.now() - readAt < tooFresh) return;
      timer?.cancel();
      look();
    },
  };
};

/**
 * The port whose listener decides whether asking can be of any use: one that the service declared, on this machine. There, an
 * answer counts only if the system shows the listener to be the service's own. Null: asking is the only way.
 */
export const decisivePort = (check: ReadyCheck, declared: readonly number[]): number | null => {
  const address = check.kind === 'tcp' ? check : check.kind === 'http' ? toAddress(check.url) : null;
  return address !== null && declared.includes(address.port) && isHere(address.host) ? address.port : null;
};

const isHere = (host: string): boolean =>
  host === 'localhost' || host.endsWith('.localhost') || host.startsWith('127.') || ['::1', '::', '0.0.0.0'].includes(host);

const toAddress = (text: string): { readonly host: string; readonly port: number } | null => {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port };
};
