import { operations } from '../control/operations.ts';
import { problemCodes } from './problem.ts';
import type { Field, Fields, Route } from './route.ts';
import { schemas } from './schemas.ts';

type Json = Readonly<Record<string, unknown>>;

/** The routes as OpenAPI 3.1. The version of the API is in the path; that of muster is not in here, so that the file stays true. */
export const toOpenApi = (routes: readonly Route[]): Json => ({
  openapi: '3.1.0',
  info: {
    title: 'muster',
    version: '1',
    description:
      'A running stack: over its control socket, and on the loopback interface while "muster dashboard" is open. docs/api.md says how to come to the one and to a token for the other.',
  },
  servers: [{ url: 'http://127.0.0.1:{port}', variables: { port: { default: '4400' } } }],
  security: [{ token: [] }],
  paths: Object.fromEntries(
    [...new Set(routes.map(({ path }) => path))].map((path) => [
      path,
      Object.fromEntries(
        routes.filter((route) => route.path === path).map((route) => [route.method.toLowerCase(), toOperation(route)]),
      ),
    ]),
  ),
  components: {
    securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    schemas: {
      ...schemas,
      Problem: {
        ...schemas.Problem,
        description: `\`code\` is one of ${problemCodes.join(', ')}; \`hint\` says what to do, or is null.`,
      },
    },
  },
});

const toOperation = ({
  operation,
  path,
  summary,
  description,
  parameter,
  query,
  body,
  answers,
  problems = [],
  isOpen,
  method,
}: Route): Json => {
  const [, inBraces] = /\{(\w+)\}/.exec(path) ?? [];
  const parameters = [
    ...(inBraces === undefined
      ? []
      : [{ name: inBraces, in: 'path', required: true, description: parameter?.description ?? '', schema: { type: 'string' } }]),
    ...(answers === 'events' && path.endsWith('/events')
      ? [
          {
            name: 'Last-Event-ID',
            in: 'header',
            required: false,
            description: 'Go on after this event',
            schema: { type: 'string' },
          },
        ]
      : []),
    ...Object.entries(query ?? {}).map(([name, field]) => ({
      name,
      in: 'query',
      required: field.required === true,
      description: field.description,
      // A list is one text with commas.
      schema: field.type === 'names' ? { type: 'string' } : toSchema(field),
    })),
  ];
  const told = [
    ...(description === undefined ? [] : [description]),
    ...(operations[operation] === 'socket' ? ['Only over the control socket: a token is not enough.'] : []),
  ];
  return {
    operationId: toOperationId(operation, path),
    summary,
    ...(told.length === 0 ? {} : { description: told.join(' ') }),
    ...(isOpen === true ? { security: [] } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(method === 'GET'
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: toBodySchema(body ?? {}) } } } }),
    responses: {
      200: { description: 'Done', content: toContent(answers) },
      ...Object.fromEntries(
        [400, 401, 403, ...problems]
          .toSorted((a, b) => a - b)
          .map((status) => [status, { description: words[status] ?? '', content: problemContent }]),
      ),
    },
  };
};

/** What is there for one service and for the whole stack has one name here, and two in a description. */
const toOperationId = (operation: string, path: string): string =>
  path.startsWith('/api/v1/stack/') && ['start', 'stop', 'restart'].includes(operation) ? `${operation}Stack` : operation;

const words: Readonly<Record<number, string>> = {
  400: 'Something in the request is wrong',
  401: 'No token, or a wrong one',
  403: 'Host, Origin or Sec-Fetch-Site say that somebody else asks',
  404: 'There is no such thing',
  409: 'It is refused as things are',
  429: 'Too many wrong tokens or codes',
};

const problemContent = { 'application/json': { schema: { $ref: '#/components/schemas/Problem' } } };

const toContent = (answers: Route['answers']): Json => {
  if (answers === 'text') return { 'text/plain': { schema: { type: 'string' } } };
  if (answers === 'events') return { 'text/event-stream': { schema: { type: 'string' } } };
  return { 'application/json': { schema: { $ref: `#/components/schemas/${answers}` } } };
};

const toBodySchema = (fields: Fields): Json => ({
  type: 'object',
  properties: Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, { ...toSchema(field), description: field.description }]),
  ),
  required: Object.entries(fields).flatMap(([name, { required }]) => (required === true ? [name] : [])),
  additionalProperties: false,
});

const toSchema = ({ type, minimum, maximum, schema }: Field): Json => {
  switch (type) {
    case 'text':
      return { type: 'string' };
    case 'boolean':
      return { type: 'boolean' };
    case 'names':
      return { type: 'array', items: { type: 'string' } };
    case 'data':
      return schema ?? {};
    case 'integer':
      return { type: 'integer', ...(minimum === undefined ? {} : { minimum }), ...(maximum === undefined ? {} : { maximum }) };
  }
};
