/** JSON Schemas of what the routes answer with: docs/openapi.json is made of them, and the tests hold the answers to them. */

import { type ActionSchema, actionSchemas } from './action-schemas.ts';
import {
  boolean,
  boundPort,
  integer,
  integerOrNull,
  listOf,
  number,
  numberOrNull,
  object,
  outcome,
  ref,
  type Schema,
  state,
  text,
  textOrNull,
  timelineRow,
} from './schema-kit.ts';
import { whyStep } from './why-schema.ts';

const serviceFields: Readonly<Record<string, Schema>> = {
  name: text,
  label: text,
  group: textOrNull,
  type: { enum: ['service', 'task'] },
  optional: boolean,
  state,
  for: integer,
  detail: textOrNull,
  countdown: { type: 'object' },
  stoppedFor: text,
  watchPausedBy: { type: 'string' },
  misplaced: object({ declared: listOf(integer), real: listOf(integer), at: object({ address: text, host: text }) }, ['at']),
  reason: textOrNull,
  waitsFor: listOf(text),
  pid: integerOrNull,
  ports: listOf(boundPort),
  url: textOrNull,
  attempt: integer,
  restarts: integer,
  tries: integer,
  bootTime: integerOrNull,
  log: text,
  definition: text,
  edited: { enum: ['changed', 'gone'] },
};
const maybe = ['countdown', 'stoppedFor', 'watchPausedBy', 'misplaced', 'tries', 'definition', 'edited'];

const dependency = object({ on: text, condition: { enum: ['started', 'healthy', 'completed'] }, required: boolean });
const chainLink = object({ service: textOrNull, from: number, to: number, parts: listOf(object({ kind: text, ms: number })) });

export type SchemaName =
  | ActionSchema
  | 'Problem'
  | 'Session'
  | 'Service'
  | 'Services'
  | 'ServiceDetails'
  | 'Stack'
  | 'Why'
  | 'Usage'
  | 'Logs'
  | 'Boot'
  | 'Runs'
  | 'Run'
  | 'Stats'
  | 'Graph'
  | 'Plan'
  | 'Ports'
  | 'Orphans'
  | 'OpenApi';

export const schemas: Readonly<Record<SchemaName, Schema>> = {
  ...actionSchemas,
  Problem: object({
    error: object({ code: text, message: text, hint: textOrNull, details: { type: 'object' } }, ['details']),
  }),
  Session: object({ token: { ...text, description: 'For "Authorization: Bearer"; good as long as the supervisor lives' } }),
  Service: object(serviceFields, maybe),
  Services: object({ services: listOf(ref('Service')) }),
  ServiceDetails: object(
    {
      ...serviceFields,
      command: text,
      cwd: text,
      dependsOn: listOf(dependency),
      dependents: listOf(text),
      env: listOf(object({ name: text, set: { ...boolean, description: 'It holds something; what, is never told' } })),
    },
    maybe,
  ),
  Stack: object(
    {
      name: text,
      environment: text,
      root: text,
      file: text,
      version: text,
      pid: integer,
      elapsed: integer,
      booting: boolean,
      stopping: { ...boolean, description: 'All of it goes down' },
      settled: boolean,
      verdict: { enum: ['up', 'degraded', 'failed', 'timed-out', null] },
      causes: listOf(object({ service: text, state, optional: boolean, skipped: listOf(text) })),
      edited: object({ added: listOf(text), problem: textOrNull }),
      services: listOf(ref('Service')),
      lastEventId: text,
    },
    ['edited'],
  ),
  Why: object(
    {
      service: text,
      steps: listOf(whyStep),
      logLines: listOf(text),
      logFile: textOrNull,
      byHand: listOf(text),
      others: listOf(object({ service: text, logLines: listOf(text), logFile: text })),
    },
    ['byHand', 'others'],
  ),
  Usage: object({
    services: listOf(
      object({
        name: text,
        cpu: numberOrNull,
        cpuTime: numberOrNull,
        memory: numberOrNull,
        memoryKind: { enum: ['pss', 'rss'] },
        processes: integer,
      }),
    ),
  }),
  Logs: object({ logs: listOf(object({ service: text, stream: { enum: ['stdout', 'stderr'] }, lines: listOf(text) })) }),
  Boot: object({
    booting: boolean,
    run: integerOrNull,
    startedAt: numberOrNull,
    elapsed: number,
    outcome: { enum: ['up', 'degraded', 'failed', 'timed-out', 'interrupted', null] },
    services: listOf(timelineRow),
  }),
  Runs: object({
    runs: listOf(
      object({
        id: integer,
        uid: text,
        startedAt: number,
        environment: text,
        warm: boolean,
        trigger: text,
        outcome,
        duration: number,
        services: integer,
      }),
    ),
  }),
  Run: object(
    {
      id: integer,
      uid: text,
      startedAt: number,
      environment: text,
      outcome,
      duration: number,
      services: { type: 'object' },
      timeline: listOf(timelineRow),
      chain: listOf(chainLink),
      blame: { type: 'array' },
      slack: listOf(object({ service: text, slack: numberOrNull })),
    },
    [],
    true,
  ),
  Stats: object(
    { name: text, stack: { type: 'object' }, services: { type: 'array' }, shifts: { type: 'array' }, hints: { type: 'array' } },
    [],
    true,
  ),
  Graph: object({
    services: listOf(
      object({
        name: text,
        label: text,
        type: { enum: ['service', 'task'] },
        optional: boolean,
        depth: integer,
        dependents: listOf(text),
      }),
    ),
    edges: listOf(
      object({
        from: text,
        to: text,
        condition: { enum: ['started', 'healthy', 'completed'] },
        required: boolean,
        onLoss: { enum: ['ignore', 'restart', 'stop'] },
        restart: boolean,
      }),
    ),
  }),
  Plan: object({
    environment: text,
    maxParallel: integerOrNull,
    memory: { enum: ['none', 'partial', 'full'] },
    total: integerOrNull,
    critical: listOf(text),
    services: listOf(
      object({
        name: text,
        depth: integer,
        releasedBy: textOrNull,
        expected: integerOrNull,
        start: integerOrNull,
        ready: integerOrNull,
        slack: integerOrNull,
        critical: boolean,
      }),
    ),
  }),
  Ports: object({
    ports: listOf(
      object({
        service: text,
        state,
        name: textOrNull,
        wanted: integerOrNull,
        port: integerOrNull,
        host: text,
        owner: { enum: ['service', 'stack', 'other-stack', 'stranger', 'nobody'] },
        holders: listOf(
          object({
            address: text,
            pid: integerOrNull,
            user: textOrNull,
            command: textOrNull,
            since: numberOrNull,
            service: textOrNull,
          }),
        ),
      }),
    ),
  }),
  Orphans: object({
    orphans: listOf(object({ pid: integer, service: text, attempt: integer, user: textOrNull, command: text })),
  }),
  OpenApi: object({ openapi: text, info: { type: 'object' }, paths: { type: 'object' } }, [], true),
};
