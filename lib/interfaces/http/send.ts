import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { securityHeaders } from './headers.ts';
import { badRequest, type HttpProblem, toProblemBody } from './problem.ts';

export const jsonType = 'application/json; charset=utf-8';
export const eventsType = 'text/event-stream; charset=utf-8';

/** How long the end waits for a client to take its last answer, in milliseconds. */
export const farewell = 500;

export type Content = { readonly type: string; readonly body: string | Buffer };

export const send = (response: ServerResponse, status: number, { type, body }: Content): void => {
  response.writeHead(status, { ...securityHeaders, 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
};

export const sendProblem = (
  response: ServerResponse,
  problem: HttpProblem,
  toShown: (data: unknown) => unknown = (data) => data,
): void => {
  const { status, retryAfter, allowed } = problem;
  if (retryAfter !== undefined) response.setHeader('Retry-After', retryAfter);
  if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
  if (allowed !== undefined) response.setHeader('Allow', allowed.join(', '));
  // What was refused may have a body, which nobody will read.
  response.setHeader('Connection', 'close');
  send(response, status, { type: jsonType, body: JSON.stringify(toShown(toProblemBody(problem))) });
};

/** What is no HTTP, or not in time: there is no request to answer, only a connection. */
export const refuseClient = (error: NodeJS.ErrnoException, socket: Socket): void => {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const problem = toParseProblem(error.code ?? '');
  const body = JSON.stringify(toProblemBody(problem));
  const headers = {
    ...securityHeaders,
    'Content-Type': jsonType,
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end(`HTTP/1.1 ${problem.status} ${reasons[problem.status] ?? 'Bad Request'}\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
  // It may send on for ever.
  setTimeout(() => socket.destroy(), farewell).unref();
};

const reasons: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
};

const toParseProblem = (code: string): HttpProblem => {
  if (code === 'HPE_HEADER_OVERFLOW') return { status: 431, code: 'too-large', message: 'the headers are too large', hint: null };
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return { status: 408, code: 'timeout', message: 'the request took too long', hint: null };
  return badRequest('this is not HTTP/1.1');
};
