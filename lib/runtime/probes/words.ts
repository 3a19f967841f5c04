import type { ProbeResult } from '../../domain/process.ts';
import type { Ms } from '../../domain/service.ts';
import { toSafeText } from '../../util/terminal-text.ts';

/** How a failed check is told to people: one clause, no codes where a word is known, nothing that a terminal would act on. */

const longestDetail = 200;

/** A failed check. Text from outside is made safe and short here, once for all kinds. */
export const failed = (detail: string): ProbeResult => {
  const safe = toSafeText(detail, { colours: false });
  return { ok: false, detail: safe.length > longestDetail ? `${safe.slice(0, longestDetail - 1)}…` : safe };
};

export const passed: ProbeResult = { ok: true };

/** `500 ms`, `1 s`, `2.5 s`. */
const toSpan = (span: Ms): string => (span < 1000 ? `${Math.round(span)} ms` : `${Math.round(span / 100) / 10} s`);

/** Why a check was aborted: its total deadline was over. A stop aborts with anything else, and its result is not told. */
export type DeadlineOver = { readonly deadline: Ms };

const isDeadlineOver = (reason: unknown): reason is DeadlineOver =>
  typeof reason === 'object' && reason !== null && 'deadline' in reason && typeof reason.deadline === 'number';

/** Why a check is ended that nobody waits for any more. One for all: without it each abort makes an error with a stack of its own. */
export const checkOver = { over: true } as const;

/** What a check says that was aborted: `what` names what was missing, as "no answer". */
export const abortedDetail = (signal: AbortSignal, what: string): string => {
  const reason: unknown = signal.reason;
  return isDeadlineOver(reason) ? `${what} in ${toSpan(reason.deadline)}` : 'stopped';
};

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  EHOSTUNREACH: 'host not reachable',
  ENETUNREACH: 'network not reachable',
  EADDRNOTAVAIL: 'address not available',
  EAFNOSUPPORT: 'address family not supported',
  ETIMEDOUT: 'connection timed out',
  ENOTFOUND: 'host name not found',
  EAI_AGAIN: 'host name could not be looked up',
  EMFILE: 'too many open files (limit of this process)',
  ENFILE: 'too many open files (limit of the system)',
  CERT_HAS_EXPIRED: 'certificate has expired',
  CERT_NOT_YET_VALID: 'certificate is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate chain is self-signed',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate is from an unknown authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'certificate is from an unknown authority',
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificate is for another host',
  EPROTO: 'TLS could not be agreed on',
  HPE_HEADER_OVERFLOW: 'the headers of the answer are larger than 16 KiB',
};

/** The code of an error, or of what caused it: libraries wrap what the system said. */
export const codeOf = (error: unknown): string | null => {
  if (typeof error !== 'object' || error === null) return null;
  const inner = 'cause' in error ? codeOf(error.cause) : null;
  return inner ?? ('code' in error && typeof error.code === 'string' ? error.code : null);
};

export const toWords = (error: unknown): string => {
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  if (/wrong version number|packet length too long/i.test(message)) return 'the port does not speak TLS';
  if (code !== null && words[code] !== undefined) return words[code];
  if (code?.startsWith('HPE_')) return 'the answer is not HTTP';
  if (message.includes('socket hang up')) return 'connection closed without an answer';
  return code === null || message.includes(code) ? message : `${message} (${code})`;
};
