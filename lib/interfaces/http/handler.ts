import type { IncomingMessage, ServerResponse } from 'node:http';
import { operations } from '../control/operations.ts';
import { readWholeBody } from './body.ts';
import { type EventStream, openEventStream, type StreamLimits } from './event-stream.ts';
import { headerValues, judgeHead } from './gate.ts';
import { type HttpProblem, internal, noToken, notAllowed, notFound, onlyOnSocket, tooManyFailures } from './problem.ts';
import { findRoute } from './registry.ts';
import { type Answer, problem, type Route, type RouteContext } from './route.ts';
import { eventsType, jsonType, send, sendProblem } from './send.ts';
import { readBody, readQuery } from './values.ts';
import { withoutSecrets } from './without-secrets.ts';

/** A file of the page, by its path. There are no others: nothing is ever looked for on the disk. */
export type StaticFiles = ReadonlyMap<string, { readonly type: string; readonly bytes: Buffer }>;

export type HandlerOptions = {
  readonly context: RouteContext;
  readonly files: StaticFiles;
  /** What a client writes as Host for our address. */
  readonly hosts: () => ReadonlySet<string>;
  /** Nobody but the user can come here at all: everything may be asked for, without a token. */
  readonly isOwner?: true;
  readonly limits: StreamLimits & { readonly bodySize: number };
  readonly onProblem: (problem: string) => void;
};

export type Handler = {
  handle(request: IncomingMessage, response: ServerResponse): void;
  endStreams(): void;
};

type Decided = Answer | { readonly kind: 'file'; readonly type: string; readonly bytes: Buffer };

/** One request after the other: the gate, the token, the route, its answer. */
export const createHandler = ({ context, files, hosts, isOwner, limits, onProblem }: HandlerOptions): Handler => {
  const { sources, sessions } = context;
  const streams = new Set<EventStream>();
  const toShown = (data: unknown): unknown => withoutSecrets(data, sources.mask());

  const decide = async (request: IncomingMessage): Promise<Decided> => {
    const { method = '', url: target = '', httpVersion: version, rawHeaders } = request;
    const refused = judgeHead({ method, target, version, rawHeaders }, hosts());
    if (refused !== null) return problem(refused);
    const [path = '', query = ''] = target.split(/\?(.*)/s);
    const file = files.get(path);
    if (file !== undefined) return isGet(method) ? { kind: 'file', ...file } : problem(notAllowed(['GET', 'HEAD']));
    const found = findRoute(method, path);
    if (found.kind === 'nothing') return problem(notFound(path));
    const isOpen = isOwner === true || (found.kind === 'route' && found.route.isOpen === true);
    const stranger = isOpen ? null : judgeToken(rawHeaders);
    if (stranger !== null) return problem(stranger);
    if (found.kind === 'method') return problem(notAllowed(found.allowed));
    if (isOwner !== true && operations[found.route.operation] === 'socket') return problem(onlyOnSocket);
    return run({ request, route: found.route, parameter: found.parameter, query });
  };

  const judgeToken = (rawHeaders: readonly string[]): HttpProblem | null => {
    const given = headerValues(rawHeaders, 'authorization');
    if (given.length === 0) return noToken;
    const [, token = ''] = given.length === 1 ? (/^Bearer ([A-Za-z0-9_-]{1,256})$/.exec(given[0] ?? '') ?? []) : [];
    // What does not even look like a token counts as a try all the same.
    const verdict = sessions.check(token);
    return verdict === 'ok' ? null : verdict === 'limited' ? tooManyFailures : noToken;
  };

  type Asked = { readonly request: IncomingMessage; readonly route: Route; readonly parameter: string; readonly query: string };

  const run = async ({ request, route, parameter, query: text }: Asked): Promise<Answer> => {
    const query = readQuery(text, route.query ?? {});
    if (!query.ok) return problem(query.problem);
    const whole = route.method === 'POST' ? await readWholeBody(request, limits.bodySize) : { ok: true as const, text: '' };
    if (!whole.ok) return problem(whole.problem);
    const body = readBody(whole.text, route.body ?? {});
    if (!body.ok) return problem(body.problem);
    const [lastEventId = null] = headerValues(request.rawHeaders, 'last-event-id');
    return route.run({ parameter, query: query.values, body: body.values, lastEventId }, context);
  };

  const deliver = async (response: ServerResponse, decided: Decided, isHead: boolean): Promise<void> => {
    switch (decided.kind) {
      case 'file':
        send(response, 200, { type: decided.type, body: decided.bytes });
        return;
      case 'json':
        send(response, 200, { type: jsonType, body: JSON.stringify(toShown(decided.data)) });
        return;
      case 'text':
        send(response, 200, { type: decided.type, body: decided.text });
        return;
      case 'problem':
        sendProblem(response, decided.problem, toShown);
        return;
      case 'stream':
        if (isHead) send(response, 200, { type: eventsType, body: '' });
        else await stream(response, decided.run);
    }
  };

  const stream = async (response: ServerResponse, fill: (stream: EventStream) => Promise<void>): Promise<void> => {
    const opened = openEventStream(response, limits, toShown);
    streams.add(opened);
    try {
      await fill(opened);
    } finally {
      streams.delete(opened);
      opened.end();
    }
  };

  const tell = (error: unknown, response: ServerResponse): void => {
    onProblem(`the dashboard could not answer: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    if (response.headersSent) response.destroy();
    else sendProblem(response, internal);
  };

  return {
    handle: (request, response) => {
      // The client went away; whoever writes to it learns of that by the end of the stream.
      response.on('error', () => undefined);
      decide(request)
        .then((decided) => deliver(response, decided, request.method === 'HEAD'))
        .catch((error: unknown) => tell(error, response));
    },
    endStreams: () => {
      for (const opened of streams) opened.end();
    },
  };
};

const isGet = (method: string): boolean => method === 'GET' || method === 'HEAD';
