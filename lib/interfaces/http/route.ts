import type { OperationName } from '../control/operations.ts';
import type { EventHub } from './event-hub.ts';
import type { EventStream } from './event-stream.ts';
import type { HttpProblem } from './problem.ts';
import type { Schema } from './schema-kit.ts';
import type { SchemaName } from './schemas.ts';
import type { Sessions } from './sessions.ts';
import type { HttpSources } from './sources.ts';

/** What may stand after the `?`, or as a field of a body. */
export type Field = {
  /** `names`: services, separated by commas; in a body, a list of texts. `data`: any JSON, which the route checks itself. */
  readonly type: 'text' | 'integer' | 'boolean' | 'names' | 'data';
  readonly description: string;
  readonly required?: true;
  readonly minimum?: number;
  readonly maximum?: number;
  /** Of `data`. */
  readonly schema?: Schema;
};

export type Fields = Readonly<Record<string, Field>>;

/** Checked against the route's tables: one that was not given, or that the route does not have, is null. */
export type Values = {
  readonly text: (name: string) => string | null;
  readonly integer: (name: string) => number | null;
  readonly boolean: (name: string) => boolean;
  readonly names: (name: string) => readonly string[];
  readonly data: (name: string) => unknown;
};

export type RouteRequest = {
  /** What stood for `{name}`, `{id}` … in the path; empty where the path has none. */
  readonly parameter: string;
  readonly query: Values;
  readonly body: Values;
  readonly lastEventId: string | null;
};

export type Answer =
  | { readonly kind: 'json'; readonly data: unknown }
  | { readonly kind: 'text'; readonly type: string; readonly text: string }
  | { readonly kind: 'problem'; readonly problem: HttpProblem }
  /** Goes on until the client goes away, or the supervisor ends. */
  | { readonly kind: 'stream'; readonly run: (stream: EventStream) => Promise<void> };

export type RouteContext = { readonly sources: HttpSources; readonly hub: EventHub; readonly sessions: Sessions };

export type Route = {
  readonly operation: OperationName;
  /** A GET never changes anything. */
  readonly method: 'GET' | 'POST';
  /** At most one part in braces. */
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  /** What stands in braces. */
  readonly parameter?: { readonly description: string; readonly choices?: readonly string[] };
  readonly query?: Fields;
  readonly body?: Fields;
  /** What it answers with: a schema, text, or events. */
  readonly answers: SchemaName | 'text' | 'events';
  /** Problems that it has besides those of all routes. */
  readonly problems?: readonly number[];
  /** Needs no token. */
  readonly isOpen?: true;
  readonly run: (request: RouteRequest, context: RouteContext) => Promise<Answer>;
};

export const json = (data: unknown): Answer => ({ kind: 'json', data });
export const problem = (found: HttpProblem): Answer => ({ kind: 'problem', problem: found });
