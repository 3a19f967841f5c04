import type * as http from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type * as tls from 'node:tls';
import { urlToHttpOptions } from 'node:url';
import type { ProbeResult } from '../../domain/process.ts';
import { type Answer, askOverConnection, type Peer } from './connect.ts';
import { judgeOwner } from './owner.ts';
import { createPatternBox, type PatternBox } from './pattern-box.ts';
import type { CheckOnce, ReadyCheck } from './probe.ts';
import { abortedDetail, failed, passed, toWords } from './words.ts';

type HttpCheck = Extract<ReadyCheck, { kind: 'http' }>;

const longestBody = 65_536;
const longestHeaders = 16_384;

const defaultPorts: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/** A connection to nobody, which answers `200 OK`. */
const answeringDuplex = (): Duplex => {
  const duplex: Duplex = new Duplex({
    read: () => {},
    write: (_chunk, _encoding, done) => {
      duplex.push('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      duplex.push(null);
      done();
    },
  });
  return duplex;
};

const toUrl = (text: string): URL | null => {
  try {
    return new URL(text);
  } catch {
    // Told as a failed check: the address was filled in only now.
    return null;
  }
};

const toHost = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');

// Only where they are asked for: at the start of the command each would be on the way of the first spawn. An import would go
// through the loader, and its turns are between the starts of the next services.
const loadHttp = (): typeof http => process.getBuiltinModule('node:http');
const loadTls = (): typeof tls => process.getBuiltinModule('node:tls');

const toTls = (socket: Duplex, url: URL): Duplex => {
  const host = toHost(url);
  return loadTls().connect({
    socket,
    host,
    ALPNProtocols: ['http/1.1'],
    ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }),
  });
};

const toRequestOptions = (check: HttpCheck, url: URL, socket: Duplex, signal: AbortSignal): http.RequestOptions => ({
  ...urlToHttpOptions(url),
  // With TLS it is the connection that speaks it: the request is the same.
  protocol: 'http:',
  method: check.method,
  headers: { host: url.host, 'user-agent': 'muster', accept: '*/*', ...check.headers, connection: 'close' },
  maxHeaderSize: longestHeaders,
  signal,
  createConnection: () => socket,
});

const isAccepted = (status: number, ranges: HttpCheck['status']): boolean =>
  ranges.some(([first, last]) => status >= first && status <= last);

const toStatus = (response: http.IncomingMessage): string => {
  const { statusCode = 0, statusMessage } = response;
  const reason = statusMessage ? ` ${statusMessage}` : '';
  return `${statusCode}${reason}${statusCode >= 300 && statusCode < 400 ? ' (redirects are not followed)' : ''}`;
};

const readBody = async (response: http.IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk.subarray(0, longestBody - length));
    length += chunk.length;
    if (length >= longestBody) break;
  }
  return Buffer.concat(chunks).toString('utf8');
};

const judgeBody = async (response: http.IncomingMessage, box: PatternBox, signal: AbortSignal): Promise<ProbeResult> => {
  const body = await readBody(response);
  // A response that is given up ends as if it were whole.
  signal.throwIfAborted();
  const verdict = await box.test([body], signal);
  if (verdict === 'match') return passed;
  return failed(verdict === 'slow' ? box.slowDetail : `the body does not match ${box.source}`);
};

const firstResponse = (request: http.ClientRequest): Promise<http.IncomingMessage> =>
  new Promise((settle, fail) => {
    request.once('response', (response) => {
      // What goes wrong after the verdict is of no interest, and must not end the process; whoever reads is told anyway.
      response.on('error', () => undefined);
      settle(response);
    });
    request.on('error', fail);
    request.end();
  });

const boxes = new Map<string, PatternBox>();

const boxFor = (source: string): PatternBox => {
  const box = boxes.get(source) ?? createPatternBox(source);
  boxes.set(source, box);
  return box;
};

const ask = async (check: HttpCheck, url: URL, socket: Duplex, signal: AbortSignal): Promise<ProbeResult> => {
  let request: http.ClientRequest | null = null;
  let isAnswered = false;
  try {
    signal.throwIfAborted();
    // Of what was over before it, a request hears nothing.
    if (socket.destroyed || socket.readableEnded) return failed(toWords(socket.errored ?? new Error('socket hang up')));
    const connection = url.protocol === 'https:' ? toTls(socket, url) : socket;
    request = loadHttp().request(toRequestOptions(check, url, connection, signal));
    const response = await firstResponse(request);
    isAnswered = true;
    if (!isAccepted(response.statusCode ?? 0, check.status)) return failed(toStatus(response));
    return check.bodyMatches === null ? passed : await judgeBody(response, boxFor(check.bodyMatches), signal);
  } catch (error) {
    if (signal.aborted) return failed(abortedDetail(signal, isAnswered ? 'no end of the body' : 'no answer'));
    return failed(toWords(error));
  } finally {
    request?.destroy();
  }
};

/**
 * Passes when the service answers with an accepted status and, where asked for, a body that matches. One connection, never a
 * redirect or a proxy; of the body at most 64 KiB are read, and only when they are needed.
 */
export const checkHttp: CheckOnce<'http'> = async (check, target, tools) => {
  const url = toUrl(check.url);
  if (url === null) return failed(`${check.url} is not a URL`);
  const defaultPort = defaultPorts[url.protocol];
  if (defaultPort === undefined) return failed(`only http and https can be asked, not ${url.protocol.slice(0, -1)}`);
  const port = url.port === '' ? defaultPort : Number(url.port);

  const attempt = async (socket: Socket, peer: Peer, signal: AbortSignal): Promise<Answer> => {
    const answer = await ask(check, url, socket, signal);
    const result = judgeOwner(answer, { peer, port, target, sockets: tools.sockets });
    // A stranger on one loopback says nothing of the other.
    return { result, settles: result === answer };
  };
  return askOverConnection({ host: toHost(url), port, clock: tools.clock, signal: tools.signal, attempt });
};

let prepared: Promise<void> | null = null;

const warmUp = async (): Promise<void> => {
  const url = 'http://localhost/';
  const check: HttpCheck = { kind: 'http', url, method: 'GET', headers: {}, status: [[200, 299]], bodyMatches: null };
  await ask(check, new URL(url), answeringDuplex(), new AbortController().signal);
};

/**
 * Loads what a request needs and runs it once against an answer in memory: the first request of a process takes 6 ms longer
 * than the others, and that is spent while the service starts, not between its being ready and our seeing it.
 */
export const prepareHttp = (): Promise<void> => {
  prepared ??= warmUp();
  return prepared;
};
