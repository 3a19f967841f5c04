import { logFilesOf } from '../../../domain/log-files.ts';
import { findByName, toGrouped } from '../../../domain/replicas.ts';
import type { ServiceName } from '../../../domain/service.ts';
import { followFile } from '../../../runtime/logs/follow.ts';
import { mergeByTime } from '../../../runtime/logs/merge.ts';
import { readBack } from '../../../runtime/logs/read-back.ts';
import type { TimedLines } from '../../../runtime/logs/timed-lines.ts';
import type { Follower } from '../../../runtime/logs.ts';
import { pause } from '../../../runtime/processes/pause.ts';
import { stripAnsi } from '../../../util/ansi.ts';
import type { EventStream } from '../event-stream.ts';
import { createSampler } from '../log-sampler.ts';
import { type Fields, json, problem, type Route } from '../route.ts';
import type { HttpSources } from '../sources.ts';
import { unknownService } from './find-service.ts';

type Source = { readonly service: ServiceName; readonly stream: 'stdout' | 'stderr'; readonly path: string };

const usualTail = 200;
const longestTail = 10_000;

const fields: Fields = {
  services: { type: 'names', description: 'Only of these, separated by commas; of all when it is missing' },
  tail: {
    type: 'integer',
    minimum: 0,
    maximum: longestTail,
    description: `The last so many lines of each service; ${usualTail} when it is missing`,
  },
};

/** Milliseconds between two batches of lines. */
const batchEvery = 100;
/** Characters of lines of before that are sent at once. */
const longestPart = 64 * 1024;

/** What the services print. Secret values are masked in it, as everywhere but in the files themselves. */
export const logRoutes: readonly Route[] = [
  {
    operation: 'logs',
    method: 'GET',
    path: '/api/v1/logs',
    summary: 'The last lines of the services',
    query: { ...fields, contains: { type: 'text', description: 'Only lines with this text in them, whatever their case' } },
    answers: 'Logs',
    problems: [404],
    run: async ({ query }, { sources }) => {
      const chosen = toSources(sources, query.names('services'));
      if (!chosen.ok) return problem(unknownService(chosen.unknown, null));
      const wanted = query.text('contains')?.toLowerCase() ?? '';
      const wants = wanted === '' ? null : (text: string): boolean => stripAnsi(text).toLowerCase().includes(wanted);
      const logs = await Promise.all(
        chosen.sources.map(async ({ service, stream, path }) => {
          const lines: string[] = [];
          const what = { path, count: query.integer('tail') ?? usualTail, wants, since: null, isFollowed: false };
          await readBack(what, async ({ texts }) => {
            lines.push(...texts);
            return true;
          });
          return { service, stream, lines };
        }),
      );
      return json({ logs });
    },
  },
  {
    operation: 'followLogs',
    method: 'GET',
    path: '/api/v1/logs/stream',
    summary: 'What the services print, while they print it, as server-sent events',
    description:
      'Each `lines` has the `service`, its `stream`, when they were seen (`at`), the `lines`, and how many were left out before them (`skipped`): what comes faster than anybody can read is sampled, the files keep all. The first ones are the last lines of before, in the order in which they came, with `at` null.',
    query: fields,
    answers: 'events',
    problems: [404],
    run: async ({ query }, { sources }) => {
      const chosen = toSources(sources, query.names('services'));
      if (!chosen.ok) return problem(unknownService(chosen.unknown, null));
      return {
        kind: 'stream',
        run: async (stream) => {
          const sampler = createSampler();
          const followers: Follower[] = [];
          try {
            const count = query.integer('tail') ?? usualTail;
            await tellBefore(stream, chosen.sources, { count, sampler, followers });
            stream.send('live', { services: [...new Set(chosen.sources.map(({ service }) => service))] });
            while (!stream.signal.aborted) {
              for (const batch of sampler.take(stream.pending())) {
                stream.send('lines', batch);
                await stream.taken();
              }
              await pause(batchEvery, stream.signal);
            }
          } finally {
            for (const follower of followers) follower.stop();
          }
        },
      };
    },
  },
];

type Following = {
  /** Lines of each file. */
  readonly count: number;
  readonly sampler: ReturnType<typeof createSampler>;
  /** Those of the files that are followed: also when this fails, the caller ends them. */
  readonly followers: Follower[];
};

/** Sends the last lines of before, of which nothing is kept, and follows each file from where they end. */
const tellBefore = async (stream: EventStream, sources: readonly Source[], following: Following): Promise<void> => {
  const { count, sampler, followers } = following;
  const before: [Source, TimedLines[]][] = [];
  for (const source of sources) {
    const { service, stream: name, path } = source;
    const batches: TimedLines[] = [];
    before.push([source, batches]);
    const from = await readBack({ path, count, wants: null, since: null, isFollowed: true }, async (batch) => {
      batches.push(batch);
      return !stream.signal.aborted;
    });
    if (stream.signal.aborted) break;
    followers.push(followFile({ path, stream: name, from, onLines: (lines) => sampler.add({ service, stream: name }, lines) }));
  }
  for await (const { source, lines } of toParts(before)) {
    if (stream.signal.aborted) break;
    stream.send('lines', { service: source.service, stream: source.stream, at: null, skipped: 0, lines });
    await stream.taken();
  }
};

type Part = { readonly source: Source; readonly lines: string[] };

/** In the order in which they came, whoever printed them; neighbours of one source are told together, as far as a part holds them. */
const toParts = async function* (logs: readonly (readonly [Source, readonly TimedLines[]])[]): AsyncGenerator<Part> {
  let part: Part | null = null;
  let size = 0;
  for await (const { source, lines } of mergeByTime(logs)) {
    for (const text of lines.texts) {
      if (part !== null && (part.source !== source || size + text.length > longestPart)) {
        yield part;
        part = null;
      }
      size = part === null ? text.length : size + text.length;
      part ??= { source, lines: [] };
      part.lines.push(text);
    }
  }
  if (part !== null) yield part;
};

type Chosen = { readonly ok: true; readonly sources: readonly Source[] } | { readonly ok: false; readonly unknown: string };

const toSources = ({ stack }: HttpSources, named: readonly string[]): Chosen => {
  const { services } = stack();
  const known = [...services.values()].map(toGrouped);
  const unknown = named.find((name) => findByName(known, name).length === 0);
  if (unknown !== undefined) return { ok: false, unknown };
  const names = named.length === 0 ? [...services.keys()] : [...new Set(named.flatMap((name) => findByName(known, name)))];
  const sources = names.flatMap((name): Source[] => {
    const service = services.get(name);
    const [stdout, stderr] = service === undefined ? [] : logFilesOf(service);
    return [
      ...(stdout === undefined ? [] : [{ service: name, stream: 'stdout' as const, path: stdout }]),
      ...(stderr === undefined ? [] : [{ service: name, stream: 'stderr' as const, path: stderr }]),
    ];
  });
  return { ok: true, sources };
};
