/** What the memory keeps of a failure beside its clause, so that whoever comes later is told and advised as those at the time were. */

import { crc32 } from '../util/crc.ts';
import { tellAsked } from './asked.ts';
import { awaitedSign, toRefused } from './last-probe.ts';
import type { Misplaced } from './process.ts';
import type { Service } from './service.ts';
import type { Failure } from './state.ts';
import { describeMisplaced } from './words.ts';

export type KeptKind = Failure['kind'] | 'probing';

export const keptKinds: readonly KeptKind[] = [
  'exited',
  'not-ready',
  'spawn',
  'hook',
  'port',
  'unhealthy',
  'boot-timeout',
  'survived',
  'earlier',
  // Nothing had failed: it was asked whether it is ready, and was not.
  'probing',
];

/** Bounded, and nothing of what others have written: neither output, nor an address, nor a value of the environment. */
export type KeptFailure = {
  readonly kind: KeptKind;
  /** What its last check said, in our words. Absent: nothing, or in words of others. */
  readonly said?: string;
  /** The port that it had. */
  readonly port?: number;
  /** Sum of what was asked, or waited for: while its file still says the same, that can be told. */
  readonly asked?: number;
  readonly refused?: 'health' | 'ready';
  readonly misplaced?: Misplaced;
};

type Probed = Pick<Service, 'name' | 'ready' | 'health' | 'host'>;

type Seen = { readonly service: Probed | undefined; readonly port: number | null };

export const keepFailure = (failure: Failure, seen: Seen): KeptFailure => {
  const { kind } = failure;
  if (kind === 'boot-timeout' && failure.last !== null) return { ...keepFailure(failure.last, seen), kind };
  if (kind !== 'not-ready') return { kind };
  const { misplaced } = failure;
  return {
    ...keepProbe(failure.lastProbe, seen),
    kind,
    ...(misplaced === undefined ? {} : { misplaced: keepMisplaced(misplaced) }),
  };
};

/** Of one that is not ready yet. */
export const keepProbe = (lastProbe: string | null, { service, port }: Seen): KeptFailure => {
  const said = lastProbe === null ? null : ownWords(lastProbe);
  const asked = service === undefined ? null : tellSought(service, port);
  const refused = service === undefined ? null : toRefused(lastProbe, service);
  return {
    kind: 'probing',
    ...(said === null ? {} : { said }),
    ...(port === null ? {} : { port }),
    ...(asked === null ? {} : { asked: sumOf(asked) }),
    ...(refused === null ? {} : { refused: refused.asks }),
  };
};

/** `404 Not Found (asked http://127.0.0.1:8410/helth); it listens on …`. Null: there is no more to be told than its clause. */
export const tellKept = (kept: KeptFailure | undefined, service: Seen['service']): string | null => {
  if (kept === undefined) return null;
  const { said, port = null, misplaced } = kept;
  const sought = service === undefined ? null : tellSought(service, port);
  const known = sought !== null && sumOf(sought) === kept.asked ? sought : null;
  const address = service === undefined ? null : tellAsked(service, port);
  const probe = said === undefined ? (address === null ? known : null) : `${said}${known === null ? '' : ` (asked ${known})`}`;
  const parts = [probe, misplaced === undefined ? null : `it ${describeMisplaced(misplaced)}`];
  const told = parts.filter((part) => part !== null);
  return told.length === 0 ? null : told.join('; ');
};

const tellSought = (service: Probed, port: number | null): string | null => tellAsked(service, port) ?? awaitedSign(service);

const sumOf = (text: string): number => crc32(Uint8Array.from(text, (char) => (char.codePointAt(0) ?? 0) & 0xff));

const mostPorts = 8;

const keepMisplaced = ({ declared, real, at }: Misplaced): Misplaced => ({
  declared: declared.slice(0, mostPorts),
  real: real.slice(0, mostPorts),
  ...(at === undefined ? {} : { at }),
});

/** The part of it that is in words of ours, or the number of an answer with the words that belong to it; null: none is. */
export const ownWords = (text: string): string | null => {
  const status = /^[1-5]\d\d(?!\d)/.exec(text)?.[0];
  if (status === undefined) return ours.exec(text)?.[0] ?? null;
  const whole = `${status} ${reasons[status] ?? ''}`;
  return text.startsWith(whole) ? whole.trimEnd() : status;
};

const ours =
  /^(?:no (?:answer|connection)(?: in \d{1,9}(?:\.\d)? m?s)?|connection (?:refused|reset|timed out|closed without an answer)|host (?:not reachable|name not found|name could not be looked up)|network not reachable|address not available|certificate (?:has expired|is not valid yet|is self-signed|chain is self-signed|is from an unknown authority|is for another host)|the port does not speak TLS|the answer is not HTTP|exited with code \d{1,3})(?![\w-])/;

const reasons: Readonly<Record<string, string>> = {
  301: 'Moved Permanently',
  302: 'Found',
  303: 'See Other',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  408: 'Request Timeout',
  410: 'Gone',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};
