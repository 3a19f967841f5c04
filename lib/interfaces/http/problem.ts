/** Why a request was not done, as its answer says it: `{"error": {"code", "message", "hint"}}`. */
export type HttpProblem = {
  readonly status: number;
  /** Stable, for programs. */
  readonly code: ProblemCode;
  /** One sentence without its full stop. */
  readonly message: string;
  /** What to do about it; null: nothing can be. */
  readonly hint: string | null;
  /** More about it, as data. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** Seconds after which it makes sense to ask again. */
  readonly retryAfter?: number;
  /** Methods that the path takes. */
  readonly allowed?: readonly string[];
};

export const problemCodes = [
  'bad-request',
  'bad-host',
  'bad-origin',
  'socket-only',
  'unauthorized',
  'bad-code',
  'too-many-failures',
  'not-found',
  'unknown-service',
  'method-not-allowed',
  'unsupported-media-type',
  'too-large',
  'timeout',
  'needed',
  'stopping',
  'unreadable',
  'not-opened',
  'unsupported-version',
  'internal',
] as const;

export type ProblemCode = (typeof problemCodes)[number];

export const toProblemBody = ({ code, message, hint, details }: HttpProblem): Readonly<Record<string, unknown>> => ({
  error: { code, message, hint, ...(details === undefined ? {} : { details }) },
});

export const badRequest = (message: string, hint: string | null = 'docs/api.md names what each route takes'): HttpProblem => ({
  status: 400,
  code: 'bad-request',
  message,
  hint,
});

export const notFound = (path: string): HttpProblem => ({
  status: 404,
  code: 'not-found',
  message: `there is nothing at ${path}`,
  hint: 'GET /api/v1/openapi.json lists what there is',
});

export const notAllowed = (allowed: readonly string[]): HttpProblem => ({
  status: 405,
  code: 'method-not-allowed',
  message: `this takes ${allowed.join(' and ')}`,
  hint: null,
  allowed,
});

export const noToken: HttpProblem = {
  status: 401,
  code: 'unauthorized',
  message: 'a token is needed',
  hint: '"muster dashboard --no-open" prints an address; POST its code to /api/v1/session and send the token as "Authorization: Bearer TOKEN"',
};

export const onlyOnSocket: HttpProblem = {
  status: 403,
  code: 'socket-only',
  message: 'this can only be asked over the control socket',
  hint: 'curl --unix-socket PATH http://localhost/…; "muster status --json" tells the path',
};

export const tooManyFailures: HttpProblem = {
  status: 429,
  code: 'too-many-failures',
  message: 'too many wrong tokens or codes within a minute',
  hint: 'wait a minute; "muster dashboard" prints an address with a new code',
  retryAfter: 60,
};

export const internal: HttpProblem = {
  status: 500,
  code: 'internal',
  message: 'this is a bug in muster',
  hint: 'logs/muster.log says more',
};
