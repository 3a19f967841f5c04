import { findRun } from '../../../domain/run-ref.ts';
import { toRunView } from '../../../domain/run-view.ts';
import type { Stack } from '../../../domain/service.ts';
import { collect } from '../../stats/collect.ts';
import { toData } from '../../stats/data.ts';
import type { StatsRequest } from '../../stats/request.ts';
import { pickBoot, toBootTimeline, toRows } from '../boot-timeline.ts';
import { notFound } from '../problem.ts';
import { json, problem, type Route } from '../route.ts';
import type { HttpSources } from '../sources.ts';

const mostRuns = 500;

/** What is remembered of the boots. */
export const historyRoutes: readonly Route[] = [
  {
    operation: 'timeline',
    method: 'GET',
    path: '/api/v1/boot',
    summary: 'The timeline of the newest boot of the whole stack, also while it is under way',
    description:
      'Milliseconds since the boot began. A span whose `to` is null goes on. `run` is the number of that boot for /api/v1/runs/{run}, null while it is under way. Starts by hand are not boots, unless there is nothing else.',
    answers: 'Boot',
    run: async (_request, { sources, hub }) => {
      const snapshot = await sources.control.snapshot();
      const last = pickBoot(sources.history().runs, sources.stack().services.keys());
      return json(toBootTimeline({ snapshot, story: hub.story(), last, now: sources.wall() }));
    },
  },
  {
    operation: 'boot',
    method: 'GET',
    path: '/api/v1/boot/report',
    summary: 'What came of the first boot of this supervisor',
    description: 'Answers when that is over. `report` is null when it was cut off, or never began.',
    answers: 'BootReport',
    run: async (_request, { sources }) => json({ report: await sources.control.boot() }),
  },
  {
    operation: 'runs',
    method: 'GET',
    path: '/api/v1/runs',
    summary: 'The boots that are remembered, the newest first',
    query: { limit: { type: 'integer', minimum: 1, maximum: mostRuns, description: 'At most so many; 50 when it is missing' } },
    answers: 'Runs',
    run: async ({ query }, { sources }) => {
      const runs = [...sources.history().runs].reverse().slice(0, query.integer('limit') ?? 50);
      return json({
        runs: runs.map(({ id, uid, startedAt, environment, warm, trigger, outcome, duration, services }) => ({
          id,
          uid,
          startedAt,
          environment,
          warm,
          trigger,
          outcome,
          duration,
          services: Object.keys(services).length,
        })),
      });
    },
  },
  {
    operation: 'run',
    method: 'GET',
    path: '/api/v1/runs/{run}',
    summary: 'One boot, taken apart: timeline, critical chain, blame and slack',
    parameter: { description: 'Its number, `last`, `last-1`, `best` …, as for "muster stats"' },
    answers: 'Run',
    problems: [404],
    run: async ({ parameter }, { sources }) => {
      const { runs } = sources.history();
      const found = findRun(parameter, { runs, whole: read(sources).whole });
      if (!found.ok) return problem({ ...notFound(`/api/v1/runs/${parameter}`), message: found.problem, hint: found.hint });
      const { run, chain, blame, slack } = toRunView(found.value, sources.stack(), sources.graph());
      return json({ ...run, timeline: toRows(run), chain, blame, slack });
    },
  },
  {
    operation: 'stats',
    method: 'GET',
    path: '/api/v1/stats',
    summary: 'How long boots take and why, what fails, what got slower since when',
    description: 'The same as `muster stats --json`; docs/stats.md tells its fields.',
    answers: 'Stats',
    run: async (_request, { sources }) => json(read(sources).data),
  },
];

const everything: StatsRequest = {
  environment: null,
  since: null,
  services: [],
  groups: new Map(),
  runs: [],
  isComparison: false,
  isShutdown: false,
  changes: [],
  budgets: [],
  format: 'json',
  hasView: true,
  pictures: [],
};

type Known = {
  readonly key: string;
  readonly services: Stack['services'];
  readonly data: unknown;
  readonly whole: readonly number[];
};

/** Of hundreds of boots of hundreds of services it is work; nothing of it changes until the next boot, or `muster up` on a file that was edited. */
const known = new WeakMap<HttpSources, Known>();

const read = (sources: HttpSources): Known => {
  const [stack, history] = [sources.stack(), sources.history()];
  const last = history.runs.at(-1);
  const key = [history.runs.length, last?.uid, last?.stop?.startedAt].join(' ');
  const { services } = stack;
  const before = known.get(sources);
  if (before?.key === key && before.services === services) return before;
  const collected = collect(stack, history, everything);
  // A text is about what was asked for, and nothing was.
  const isText = typeof collected === 'string';
  const data = isText ? {} : toData(collected, everything);
  const whole = isText ? [] : collected.stats.stack.wholeRuns.filter(({ outcome }) => outcome === 'up').map(({ run }) => run);
  const entry = { key, services, data, whole };
  known.set(sources, entry);
  return entry;
};
