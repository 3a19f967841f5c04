import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type * as tls from 'node:tls';
import type { Got, Request, Response, StreamOptions } from 'got';
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

type Tools = { readonly got: Got; readonly connectTls: typeof tls.connect };

type Connecting = { readonly socket: Duplex; readonly signal: AbortSignal; readonly connectTls: Tools['connectTls'] };

const toRequestOptions = (check: HttpCheck, url: URL, { socket, signal, connectTls }: Connecting): StreamOptions => ({
  method: check.method as NonNullable<StreamOptions['method']>,
  headers: { 'user-agent': 'muster', accept: '*/*', ...check.headers, connection: 'close' },
  // A request without a body has to be ended by us, or got waits for what we would write.
  ...(check.method === 'GET' || check.method === 'HEAD' ? {} : { body: '' }),
  // Retries are the loop's business, redirects would ask somebody else, and only the whole check has a deadline.
  retry: { limit: 0 },
  followRedirect: false,
  throwHttpErrors: false,
  decompress: false,
  maxHeaderSize: longestHeaders,
  signal,
  createConnection: () => {
    // Any duplex stream will do for a request; the type asks for more.
    if (url.protocol === 'http:') return socket as Socket;
    const host = toHost(url);
    return connectTls({ socket, host, ALPNProtocols: ['http/1.1'], ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }) });
  },
});

const isAccepted = (status: number, ranges: HttpCheck['status']): boolean =>
  ranges.some(([first, last]) => status >= first && status <= last);

const toStatus = (response: Response): string => {
  const { statusCode, statusMessage } = response;
  const reason = statusMessage ? ` ${statusMessage}` : '';
  return `${statusCode}${reason}${statusCode >= 300 && statusCode < 400 ? ' (redirects are not followed)' : ''}`;
};

const readBody = async (request: Request): Promise<string> => {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    chunks.push(chunk.subarray(0, longestBody - length));
    length += chunk.length;
    if (length >= longestBody) break;
  }
  return Buffer.concat(chunks).toString('utf8');
};

const judgeBody = async (request: Request, box: PatternBox, signal: AbortSignal): Promise<ProbeResult> => {
  const verdict = await box.test([await readBody(request)], signal);
  if (verdict === 'match') return passed;
  return failed(verdict === 'slow' ? box.slowDetail : `the body does not match ${box.source}`);
};

// Asking the loader again for each check costs more than the request.
let loaded: Promise<Tools> | null = null;

const loadTools = (): Promise<Tools> => {
  loaded ??= Promise.all([import('got'), import('node:tls')]).then(([{ got }, { connect }]) => ({ got, connectTls: connect }));
  return loaded;
};

const firstResponse = (request: Request): Promise<Response> =>
  new Promise((settle, fail) => {
    request.once('response', settle);
    // Stays: an error after the verdict is of no interest, and must not end the process.
    request.on('error', fail);
  });

const boxes = new Map<string, PatternBox>();

const boxFor = (source: string): PatternBox => {
  const box = boxes.get(source) ?? createPatternBox(source);
  boxes.set(source, box);
  return box;
};

const ask = async (check: HttpCheck, url: URL, socket: Duplex, signal: AbortSignal): Promise<ProbeResult> => {
  let request: Request | null = null;
  let isAnswered = false;
  try {
    const { got, connectTls } = await loadTools();
    signal.throwIfAborted();
    request = got.stream(url, toRequestOptions(check, url, { socket, signal, connectTls }));
    const response = await firstResponse(request);
    isAnswered = true;
    if (!isAccepted(response.statusCode, check.status)) return failed(toStatus(response));
    return check.bodyMatches === null ? passed : await judgeBody(request, boxFor(check.bodyMatches), signal);
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
 * Loads what a request needs and runs it once against an answer in memory: the first request of a process takes 15 ms longer
 * than the others, and that is spent while the service starts, not between its being ready and our seeing it.
 */
export const prepareHttp = (): Promise<void> => {
  prepared ??= warmUp();
  return prepared;
};
