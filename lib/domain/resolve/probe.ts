import { findPatternProblem } from '../../util/pattern.ts';
import { defaultProbe, defaultStatus } from '../defaults.ts';
import { isRawList, isRawMap, type RawValue } from '../raw.ts';
import type { Probe, ProbeCheck, Text } from '../service.ts';
import { toText, unmark } from '../text.ts';
import { isLoopback, isOwnFirst, type Listener, ownPort, toProbePort, toReachable } from './address.ts';
import { readCommand } from './command.ts';
import { complain, type Fields, get, isGiven, readDuration, readNumber, readText } from './fields.ts';

export const activeKinds = ['http', 'tcp', 'exec'] as const;
export const passiveKinds = ['log', 'notify', 'file'] as const;

export type ProbeContext = { readonly listener: Listener; readonly absolute: (file: string) => string };

/** The map under `health` or `ready`. Null: it is wrong, which has been reported. */
export const readProbe = (fields: Fields, context: ProbeContext): Probe | null => {
  const kinds = [...activeKinds, ...passiveKinds].filter((kind) => isGiven(fields, kind));
  const name = String(fields.path.at(-1));
  const [, second] = kinds;
  if (second !== undefined) {
    const message = `"${name}" has ${kinds.length === 2 ? 'two' : kinds.length} checks (${kinds.join(', ')})`;
    // The second of those that are written, in the order of the file.
    const inOrder = Object.keys(fields.map).filter((key) => kinds.some((kind) => kind === key));
    complain(fields, inOrder[1] ?? second, { code: 'invalid-value', message, hint: 'keep one', atKey: true });
    return null;
  }
  const check = readCheck(fields, context, kinds[0] ?? null);
  return check === null ? null : { check, ...readPace(fields) };
};

/** How often, how long, how many times. */
export const readPace = (fields: Fields): Omit<Probe, 'check'> => ({
  interval: readDuration(fields, 'interval', { fallback: defaultProbe.interval, least: 50 }),
  timeout: readDuration(fields, 'timeout', { fallback: defaultProbe.timeout, least: 10 }),
  retries: readNumber(fields, 'retries', defaultProbe.retries),
  successes: readNumber(fields, 'successes', defaultProbe.successes),
});

const readCheck = (fields: Fields, context: ProbeContext, kind: ProbeCheck['kind'] | null): ProbeCheck | null => {
  switch (kind) {
    case null:
      return readWithoutKind(fields, context);
    case 'http':
      return readHttp(fields, context);
    case 'tcp':
      return readTcp(fields, context);
    case 'exec': {
      const command = readCommand(fields, 'exec');
      return command === null ? null : { kind, command };
    }
    case 'log': {
      const pattern = readPattern(fields, 'log');
      return pattern === null ? null : { kind, pattern };
    }
    case 'notify':
      return get(fields, 'notify') === true ? { kind } : null;
    case 'file': {
      const file = readText(fields, 'file', null);
      return file === null ? null : { kind, path: toText(context.absolute(file)) };
    }
  }
};

/** `health: {interval: 2s}` changes the pace of the check that the service would have anyway. */
const readWithoutKind = (fields: Fields, { listener }: ProbeContext): ProbeCheck | null => {
  if (fields.path.at(-1) === 'health' && listener.ports.length > 0) return portCheck(listener);
  const kinds = fields.path.at(-1) === 'health' ? activeKinds : [...activeKinds, ...passiveKinds];
  const hint = `add one of ${kinds.join(', ')}`;
  fields.report({
    severity: 'error',
    code: 'missing-key',
    path: fields.path,
    message: `"${fields.path.at(-1)}" has no check`,
    hint,
  });
  return null;
};

/** A connection to the first port: the check of a service that names none. */
export const portCheck = (listener: Listener): ProbeCheck => ({
  kind: 'tcp',
  host: toReachable(listener.host),
  port: ownPort(listener),
});

/** The check that `http: URL`, or `health_url: URL`, under `key` means. */
export const readUrl = (fields: Fields, key: string, { listener }: ProbeContext): ProbeCheck | null => {
  const url = readText(fields, key, null)?.trim() ?? null;
  if (url === null) return null;
  const wrong = findUrlProblem(url, listener);
  if (wrong !== null) {
    complain(fields, key, { code: 'invalid-url', message: `"${unmark(url)}" ${wrong.problem}`, hint: wrong.hint });
    return null;
  }
  const [whole, host = '', port = '', after = ''] = splitUrl(url) ?? [];
  const isOwn = whole !== undefined && (isLoopback(host) || host === listener.host) && isOwnFirst(listener, Number(port));
  // The probe follows the service to whatever port it gets.
  const text = isOwn
    ? [`${url.slice(0, url.length - after.length - port.length)}`, ...ownPort(listener), ...(after === '' ? [] : [after])]
    : toText(url);
  return { kind: 'http', url: text, method: 'GET', headers: {}, status: defaultStatus, bodyMatches: null };
};

const splitUrl = (url: string): RegExpExecArray | null => /^https?:\/\/(\[[^\]]*\]|[^:/?#@\0]*):(\d+)(?=[/?#]|$)(.*)$/.exec(url);

const findUrlProblem = (url: string, listener: Listener): { problem: string; hint: string } | null => {
  const example = `http://localhost:\${${listener.name}.port}`;
  if (url.startsWith('/')) return { problem: 'is not an http(s) URL', hint: `write ${example}${unmark(url)}` };
  if (/^\0[^\0]*\.url\0(?:[/?#]\S*)?$/.test(url)) return null;
  const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url) ?? [];
  if (scheme === undefined) return { problem: 'is not an http(s) URL', hint: `write http://${unmark(url)}` };
  if (!/^https?$/i.test(scheme))
    return { problem: 'is not an http(s) URL', hint: 'use tcp or exec for what does not speak HTTP' };
  const [, host = '', port = ''] =
    /^https?:\/\/(?:[^@/?#]*@)?(\[[^\]]*\]|[^:/?#\s]*)(?::([^/?#]*))?(?:[/?#]\S*)?$/i.exec(url) ?? [];
  if (host === '') return { problem: 'is not an http(s) URL', hint: `write for example ${example}/health` };
  if (port !== '' && !port.startsWith('\0') && !(Number(port) >= 1 && Number(port) <= 65535)) {
    return { problem: 'has a port out of range 1-65535', hint: 'pick a number from 1 to 65535' };
  }
  return null;
};

const readHttp = (fields: Fields, context: ProbeContext): ProbeCheck | null => {
  const check = readUrl(fields, 'http', context);
  const status = readStatus(fields);
  const bodyMatches = readPattern(fields, 'body_matches');
  if (check?.kind !== 'http') return null;
  return {
    ...check,
    method: readText(fields, 'method', check.method).toUpperCase(),
    headers: toHeaders(get(fields, 'headers')),
    status,
    bodyMatches,
  };
};

/** In the order of their names, so that the order in the file is no difference. */
const toHeaders = (value: RawValue): Record<string, Text> =>
  Object.fromEntries(
    Object.entries(isRawMap(value) ? value : {})
      .flatMap(([name, text]): [string, Text][] => (typeof text === 'string' ? [[name, toText(text)]] : []))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

const readStatus = (fields: Fields): readonly (readonly [number, number])[] => {
  const value = get(fields, 'status');
  if (value === undefined) return defaultStatus;
  const ranges = (isRawList(value) ? value : [value]).flatMap((item) => {
    const range = toStatusRange(item);
    return range === null ? [] : [range];
  });
  const reversed = ranges.find(([low, high]) => low > high);
  if (reversed !== undefined) {
    const hint = `write "${reversed[1]}-${reversed[0]}"`;
    complain(fields, 'status', { code: 'invalid-value', message: `status range ${reversed[0]}-${reversed[1]} is empty`, hint });
  }
  return ranges;
};

const toStatusRange = (value: RawValue): readonly [number, number] | null => {
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  const text = String(value).trim();
  if (/^[1-5]xx$/.test(text)) return [Number(text.charAt(0)) * 100, Number(text.charAt(0)) * 100 + 99];
  const [, low, high] = /^(\d{3})(?:\s*-\s*(\d{3}))?$/.exec(text) ?? [];
  return low === undefined ? null : [Number(low), Number(high ?? low)];
};

/** `5432`, `"db.local:5432"`, `true` for the first port of the service. */
const readTcp = (fields: Fields, { listener }: ProbeContext): ProbeCheck | null => {
  const value = get(fields, 'tcp');
  const host = toReachable(listener.host);
  if (value === true) {
    if (listener.ports.length > 0) return portCheck(listener);
    complain(fields, 'tcp', {
      code: 'invalid-value',
      message: '"tcp: true" means the first port, and there is none',
      hint: 'add "port"',
    });
    return null;
  }
  if (typeof value === 'number') return { kind: 'tcp', host, port: toProbePort(listener, String(value)) };
  if (typeof value !== 'string') return null;
  const text = value.trim();
  const colon = text.lastIndexOf(':');
  const [givenHost, port] = colon < 0 ? [host, text] : [text.slice(0, colon), text.slice(colon + 1)];
  const isPort = /^\0[^\0]*\.port\0$/.test(port) || (/^\d+$/.test(port) && Number(port) >= 1 && Number(port) <= 65535);
  if (!isPort || givenHost === '' || /[\s/]/.test(givenHost)) {
    const hint = 'write a port, "host:port", or true for the first port';
    complain(fields, 'tcp', { code: 'invalid-value', message: `"${unmark(text)}" is not an address`, hint });
    return null;
  }
  const isOwn = isLoopback(givenHost) || givenHost === listener.host;
  return {
    kind: 'tcp',
    host: toText(givenHost.replace(/^\[(.*)\]$/, '$1')),
    port: isOwn ? toProbePort(listener, port) : toText(port),
  };
};

/** A regular expression; reports one that does not compile or could run for ever. */
const readPattern = (fields: Fields, key: string): string | null => {
  const source = readText(fields, key, null);
  if (source === null) return null;
  const wrong = findPatternProblem(source);
  if (wrong === null) return source;
  complain(fields, key, { code: 'invalid-pattern', message: wrong.problem, hint: wrong.hint });
  return null;
};
