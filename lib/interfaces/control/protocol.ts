/**
 * How the control of a stack crosses a socket: one JSON value a line. A request is `{id, v, method, params}`; the answer is
 * `{id, result}` or `{id, error: {code, message}}`, for `events` any number of `{id, event}` and then `{id, end: true}`.
 * `v` is the version of muster that asks. Only this frame, `down` and `hurry` are the same in all versions.
 *
 * Everything that comes in is checked by hand against a fixed table: nothing of it is ever used as the name of something.
 */

import type { ServiceName } from '../../domain/service.ts';
import { own } from '../../util/own.ts';
import type { AgreedHolder, ApplyRequest, ControlEvent, DashboardRequest, StackControl } from '../control.ts';
import { parseApply } from './apply-request.ts';
import { parseHolders } from './holders.ts';

export type Call =
  | { readonly method: 'hello' }
  | { readonly method: 'snapshot' }
  | { readonly method: 'start'; readonly names: readonly ServiceName[] }
  | { readonly method: 'stop'; readonly names: readonly ServiceName[]; readonly choice: 'refuse' | 'with-dependents' | 'force' }
  | { readonly method: 'restart'; readonly names: readonly ServiceName[] }
  | { readonly method: 'down' }
  | { readonly method: 'hurry'; readonly level: 1 | 2 }
  | { readonly method: 'why'; readonly name: ServiceName }
  | { readonly method: 'apply'; readonly request: ApplyRequest }
  | { readonly method: 'preview'; readonly request: ApplyRequest }
  | { readonly method: 'boot' }
  | { readonly method: 'agree'; readonly holders: readonly AgreedHolder[] }
  | { readonly method: 'usage' }
  | { readonly method: 'dashboard'; readonly request: DashboardRequest }
  | { readonly method: 'events'; readonly fromStart: boolean }
  /** Ends the events that the request `stream` asked for. */
  | { readonly method: 'cancel'; readonly stream: number };

export type Method = Call['method'];

export type Request = { readonly id: number; readonly v: string; readonly call: Call };

export type ErrorCode = 'bad-request' | 'unknown-method' | 'bad-params' | 'version' | 'busy' | 'limit' | 'internal';

export type ProtocolError = {
  readonly code: ErrorCode;
  readonly message: string;
  /** With `version`: the one that answers. */
  readonly version?: string;
};

export type Response =
  | { readonly id: number; readonly result: unknown }
  /** Without an id: it is about the connection, which ends with it. */
  | { readonly id: number | null; readonly error: ProtocolError }
  | { readonly id: number; readonly event: ControlEvent }
  | { readonly id: number; readonly end: true };

export type ParsedRequest =
  | { readonly ok: true; readonly request: Request }
  | { readonly ok: false; readonly id: number | null; readonly error: ProtocolError };

/** Longest line of a request, in bytes. */
export const longestRequest: number = 1024 * 1024;
const mostNames = 10_000;
const longestName = 256;

export const socketName = 'control.sock';

/** The call, or what is wrong with its parameters. */
type Check = (params: Fields) => Call | string;
type Fields = Readonly<Record<string, unknown>>;

const without =
  (call: Call): Check =>
  (params) =>
    strangerAmong(params, []) ?? call;

const withNames =
  (toCall: (names: readonly ServiceName[], params: Fields) => Call | string, others: readonly string[] = []): Check =>
  (params) => {
    const names = own(params, 'names');
    const stranger = strangerAmong(params, ['names', ...others]);
    if (stranger !== null) return stranger;
    if (!Array.isArray(names) || names.length > mostNames || !names.every(isName)) {
      return '"names" has to be a list of names of services';
    }
    return toCall(names, params);
  };

/** All that a `StackControl` does, and what only the connection is about. */
const table: Readonly<Record<keyof StackControl | 'hello' | 'cancel', Check>> = {
  hello: without({ method: 'hello' }),
  snapshot: without({ method: 'snapshot' }),
  start: withNames((names) => ({ method: 'start', names })),
  stop: withNames(toStop, ['choice']),
  restart: withNames((names) => ({ method: 'restart', names })),
  down: without({ method: 'down' }),
  hurry: toHurry,
  why: toWhy,
  apply: toApply,
  preview: toPreview,
  boot: without({ method: 'boot' }),
  agree: toAgree,
  usage: without({ method: 'usage' }),
  dashboard: toDashboard,
  events: toEvents,
  cancel: toCancel,
};
/** A map has no `__proto__`. */
const checks: ReadonlyMap<string, Check> = new Map(Object.entries(table));

function toStop(names: readonly ServiceName[], params: Fields): Call | string {
  const choice = own(params, 'choice');
  if (choice !== 'refuse' && choice !== 'with-dependents' && choice !== 'force') {
    return '"choice" has to be "refuse", "with-dependents" or "force"';
  }
  return { method: 'stop', names, choice };
}

function toHurry(params: Fields): Call | string {
  const level = own(params, 'level');
  const stranger = strangerAmong(params, ['level']);
  if (stranger !== null) return stranger;
  return level === 1 || level === 2 ? { method: 'hurry', level } : '"level" has to be 1 or 2';
}

function toWhy(params: Fields): Call | string {
  const name = own(params, 'name');
  const stranger = strangerAmong(params, ['name']);
  if (stranger !== null) return stranger;
  return isName(name) ? { method: 'why', name } : '"name" has to be the name of a service';
}

function toApply(params: Fields): Call | string {
  const stranger = strangerAmong(params, ['request']);
  if (stranger !== null) return stranger;
  const request = parseApply(own(params, 'request'));
  return request === null ? '"request" has to say which stack is meant' : { method: 'apply', request };
}

function toPreview(params: Fields): Call | string {
  const call = toApply(params);
  return typeof call === 'string' || call.method !== 'apply' ? call : { ...call, method: 'preview' };
}

function toEvents(params: Fields): Call | string {
  const fromStart = own(params, 'fromStart') ?? false;
  const stranger = strangerAmong(params, ['fromStart']);
  if (stranger !== null) return stranger;
  return typeof fromStart === 'boolean' ? { method: 'events', fromStart } : '"fromStart" has to be true or false';
}

function toDashboard(params: Fields): Call | string {
  const stranger = strangerAmong(params, ['host', 'port', 'expose']);
  if (stranger !== null) return stranger;
  const [host = null, port = null, expose = false] = [own(params, 'host'), own(params, 'port'), own(params, 'expose')];
  if (host !== null && (typeof host !== 'string' || host.length > longestName)) return '"host" has to be an address';
  if (port !== null && !(Number.isInteger(port) && Number(port) >= 1 && Number(port) <= 65_535)) return '"port" has to be a port';
  if (typeof expose !== 'boolean') return '"expose" has to be true or false';
  return { method: 'dashboard', request: { host, port: port === null ? null : Number(port), expose } };
}

function toAgree(params: Fields): Call | string {
  const stranger = strangerAmong(params, ['holders']);
  if (stranger !== null) return stranger;
  const holders = parseHolders(own(params, 'holders'));
  return holders === null ? '"holders" has to be a list of processes at their ports' : { method: 'agree', holders };
}

function toCancel(params: Fields): Call | string {
  const stream = own(params, 'stream');
  const stranger = strangerAmong(params, ['stream']);
  if (stranger !== null) return stranger;
  return isId(stream) ? { method: 'cancel', stream } : '"stream" has to be the id of a request';
}

export const parseRequest = (line: string): ParsedRequest => {
  const value = parseJson(line);
  if (!isFields(value)) return refuse(null, 'bad-request', 'a request is one JSON object on one line');
  const [id, v, method, params = {}] = [own(value, 'id'), own(value, 'v'), own(value, 'method'), own(value, 'params')];
  if (!isId(id)) return refuse(null, 'bad-request', '"id" has to be a whole number from 0 on');
  const stranger = strangerAmong(value, ['id', 'v', 'method', 'params']);
  if (stranger !== null) return refuse(id, 'bad-request', stranger);
  if (typeof v !== 'string' || v.length > longestName) return refuse(id, 'bad-request', '"v" has to be a version of muster');
  if (typeof method !== 'string') return refuse(id, 'bad-request', '"method" has to be a name');
  const check = checks.get(method);
  if (check === undefined) return refuse(id, 'unknown-method', `there is no method ${quote(method)}`);
  if (!isFields(params)) return refuse(id, 'bad-params', '"params" has to be an object');
  const call = check(params);
  return typeof call === 'string' ? refuse(id, 'bad-params', call) : { ok: true, request: { id, v, call } };
};

/** What another version may still ask for: without it, a stack could only be killed after an update. */
export const isForEveryVersion = ({ method }: Call): boolean => method === 'down' || method === 'hurry';

/** `theirs` runs the stack, `ours` asks. */
export const tellVersions = (theirs: string, ours: string): string =>
  `this stack is run by muster ${theirs}, and this is muster ${ours}; use that version, or end the stack with "muster down" and start it again`;

const refuse = (id: number | null, code: ErrorCode, message: string): ParsedRequest => ({
  ok: false,
  id,
  error: { code, message },
});

const parseJson = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    // What is no JSON is told like any other value that is no request.
    return null;
  }
};

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

const isId = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

const isName = (value: unknown): value is ServiceName =>
  typeof value === 'string' && value.length > 0 && value.length <= longestName;

/** Also finds `__proto__`, which JSON makes a key like any other. Null: there is none. */
const strangerAmong = (fields: Fields, known: readonly string[]): string | null => {
  const stranger = Object.keys(fields).find((key) => !known.includes(key));
  return stranger === undefined ? null : `there is no ${quote(stranger)} here`;
};

const quote = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
