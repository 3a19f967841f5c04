import { basename, join } from 'node:path';
import { parseApply } from '../../control/apply-request.ts';
import { parseHolders } from '../../control/holders.ts';
import type { ApplyRequest } from '../../control.ts';
import { badRequest, type HttpProblem } from '../problem.ts';
import { type Fields, json, problem, type Route, type Values } from '../route.ts';
import type { HttpSources } from '../sources.ts';
import { toAnswer } from './done.ts';

const texts = { type: 'array', items: { type: 'string' } } as const;

const asked: Fields = {
  file: { type: 'text', description: 'Absolute; the one that runs when it is missing' },
  environment: { type: 'text', description: 'The one that runs when it is missing' },
  profiles: { type: 'data', schema: texts, description: 'Profiles that are asked for' },
  services: { type: 'names', description: 'Only these, with what they need; all when it is empty or missing' },
  noDeps: { type: 'boolean', description: 'Without what they need' },
  variables: {
    type: 'data',
    schema: { type: 'object', additionalProperties: { type: 'string' } },
    description: 'With these the file is read; those of the supervisor when it is missing',
  },
};

/** What a terminal of the user may do, and a token may not. */
export const ownerRoutes: readonly Route[] = [
  {
    operation: 'apply',
    method: 'POST',
    path: '/api/v1/stack/apply',
    summary: 'Make the stack what its file says now, as "muster up" does',
    description: 'Restarts only what is another, then starts what is asked for, with what it needs.',
    body: asked,
    answers: 'Done',
    problems: [409],
    run: async ({ body }, { sources }) => {
      const request = toRequest(body, sources);
      return 'status' in request ? problem(request) : toAnswer(await sources.control.apply(request));
    },
  },
  {
    operation: 'preview',
    method: 'POST',
    path: '/api/v1/stack/preview',
    summary: 'What that would do, and why; nothing is done',
    body: asked,
    answers: 'Preview',
    problems: [409],
    run: async ({ body }, { sources }) => {
      const request = toRequest(body, sources);
      if ('status' in request) return problem(request);
      const { ok, ...preview } = await sources.control.preview(request);
      if (ok) return json(preview);
      const message = 'reason' in preview ? preview.reason : '';
      return problem({ status: 409, code: 'unreadable', message, hint: 'muster check' });
    },
  },
  {
    operation: 'agree',
    method: 'POST',
    path: '/api/v1/ports/agree',
    summary: 'Processes that may be ended for their port from now on: the user has seen them, and agreed',
    description:
      'Each is named by its pid, its start time in clock ticks and the boot of the machine, so that no other is meant.',
    body: {
      holders: {
        type: 'data',
        schema: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              port: { type: 'integer' },
              process: {
                type: 'object',
                properties: { pid: { type: 'integer' }, startTime: { type: 'string' }, bootId: { type: 'string' } },
                required: ['pid', 'startTime', 'bootId'],
              },
            },
            required: ['port', 'process'],
          },
        },
        required: true,
        description: 'Processes at their ports',
      },
    },
    answers: 'Agreed',
    run: async ({ body }, { sources }) => {
      const holders = parseHolders(body.data('holders'));
      if (holders === null) return problem(badRequest('"holders" has to be a list of processes at their ports'));
      await sources.control.agree(holders);
      return json({ agreed: holders.length });
    },
  },
  {
    operation: 'dashboard',
    method: 'POST',
    path: '/api/v1/dashboard',
    summary: 'Open the dashboard, or find it open, as "muster dashboard" does',
    body: {
      host: { type: 'text', description: 'Address to listen on; 127.0.0.1 when it is missing' },
      port: { type: 'integer', minimum: 1, maximum: 65_535, description: 'Port to listen on; a free one when it is missing' },
      expose: { type: 'boolean', description: 'Others than this machine may reach it' },
    },
    answers: 'Dashboard',
    problems: [409],
    run: async ({ body }, { sources }) => {
      const request = { host: body.text('host'), port: body.integer('port'), expose: body.boolean('expose') };
      const opened = await sources.control.dashboard(request);
      if (opened.ok) return json({ origin: opened.origin, code: opened.code });
      return problem({ status: 409, code: 'not-opened', message: opened.reason, hint: null });
    },
  },
];

const toRequest = (body: Values, { stack, variables }: HttpSources): ApplyRequest | HttpProblem => {
  const { root, file } = stack();
  const request = parseApply({
    file: body.text('file') ?? join(root, basename(file)),
    environment: body.text('environment'),
    profiles: body.data('profiles') ?? [],
    only: body.names('services'),
    noDeps: body.boolean('noDeps'),
    variables: body.data('variables') ?? variables(),
  });
  return request ?? badRequest('"profiles" has to be a list of texts, and "variables" an object of texts');
};
