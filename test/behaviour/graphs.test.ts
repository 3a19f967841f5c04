import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { RunRecord } from '../../lib/domain/history.ts';
import { createProject, type Project } from '../support/cli.ts';
import { until } from '../support/procs.ts';
import {
  bootStack,
  expectOrder,
  journalOf,
  memoryOf,
  program,
  type Services,
  timelineOf,
  told,
  type Up,
} from '../support/stack-rig.ts';

/** The dependencies of public Compose files, restricted to the services of the same file: only who needs whom, and how. */
type Graph = {
  readonly repo: string;
  readonly path: string;
  readonly licence: string;
  readonly services: readonly string[];
  readonly edges: readonly Edge[];
};

type Edge = {
  readonly from: string;
  readonly on: string;
  readonly condition: 'service_started' | 'service_healthy' | 'service_completed_successfully';
  readonly required: boolean;
  readonly restart: boolean;
};

const graphs = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'data', 'graphs.json'), 'utf8')) as readonly Graph[];

/** `agent→mcp chatbot→agent`: a healthy edge is `⇒`, a completed one `⇢`; `?` is not required. */
const draw = ({ services, edges }: Graph): string => {
  const arrows = { service_started: '→', service_healthy: '⇒', service_completed_successfully: '⇢' };
  const alone = services.filter((name) => edges.every(({ from, on }) => from !== name && on !== name));
  return [
    ...edges.map(({ from, on, condition, required }) => `${from}${arrows[condition]}${required ? '' : '?'}${on}`),
    ...alone,
  ].join(' ');
};

/** Each node a tiny service that keeps a journal: one whose end is waited for is a task, one whose health is, tells it itself. */
const toServices = ({ services, edges }: Graph, project: Project): Services =>
  Object.fromEntries(
    services.map((name) => {
      const asked = edges.filter(({ on }) => on === name).map(({ condition }) => condition);
      const isTask = asked.includes('service_completed_successfully');
      const needs = edges.filter(({ from }) => from === name);
      return [
        name,
        {
          command: program('journals.sh'),
          ...(isTask ? { type: 'task' } : {}),
          ...(asked.includes('service_healthy') ? { ready: { notify: true } } : {}),
          env: {
            NAME: name,
            JOURNAL: project.path('journal'),
            ...(isTask ? { TASK: '1' } : {}),
            ...(asked.includes('service_healthy') ? { DELAY: '0.03' } : {}),
          },
          depends_on: Object.fromEntries(
            needs.map(({ on, condition, required, restart }) => [on, { condition, required, restart }]),
          ),
        },
      ];
    }),
  );

const isTaskIn = ({ edges }: Graph, name: string): boolean =>
  edges.some(({ on, condition }) => on === name && condition === 'service_completed_successfully');

/** C7, on what was recorded: nothing began before its conditions held, and the edge that released it was the last of its own. */
const expectStartOrder = ({ services, edges }: Graph, run: RunRecord): void => {
  for (const { from, on, condition } of edges) {
    const dependency = timelineOf(run, on);
    const held = condition === 'service_started' ? dependency.attempts[0]?.spawned : dependency.ready;
    expect(timelineOf(run, from).attempts[0]?.begun, `${from} after ${on}`).to.be.at.least(held ?? Number.NaN);
  }
  for (const name of services) {
    const { attempts, releasedBy } = timelineOf(run, name);
    const own = edges.filter(({ from }) => from === name).map(({ on }) => on);
    expect(attempts, name).to.have.length(1);
    expect(own.length === 0 ? [null] : own, `${name} was released by`).to.include(releasedBy ?? null);
  }
};

/** By the events of muster, and by what the services themselves have written when they were asked. */
const expectStopOrder = (graph: Graph, up: Up): void => {
  for (const { from, on } of graph.edges) {
    if (isTaskIn(graph, from) || isTaskIn(graph, on)) continue;
    expectOrder(up.order('serviceStopped'), from, on);
    expectOrder(journalOf(up), `- ${from}`, `- ${on}`);
  }
};

const bootAndStop = async (graph: Graph, stack: Readonly<Record<string, unknown>> = {}): Promise<void> => {
  const project = createProject();
  const up = await bootStack(toServices(graph, project), { project, stack });
  expect((await up.settled()).verdict, told(up)).to.equal('up');
  const run = await up.run();
  expectStartOrder(graph, run);
  const started = graph.services.map((name) => `+ ${name}`);
  await until('every service has written', () => journalOf(up).length >= started.length);
  // Each once: nothing was started twice.
  expect(journalOf(up)).to.have.members(started);
  expect((await up.stop()).code).to.equal(143);
  expectStopOrder(graph, up);
  expect(journalOf(up).slice(started.length)).to.have.members(
    graph.services.filter((name) => !isTaskIn(graph, name)).map((name) => `- ${name}`),
  );
  // What is remembered is what was told, to a tenth of a millisecond.
  expectStartOrder(graph, memoryOf(project).history.runs[0] as RunRecord);
};

describe('the graphs of public stacks, booted', () => {
  for (const graph of graphs) {
    it(`C7: ${graph.repo} ${graph.path}: ${draw(graph)}`, () => bootAndStop(graph));
  }

  it('C7: all of them in one stack, with no more than three starting at once', async () => {
    const rename = (index: number, name: string): string => `g${index}-${name}`;
    const all: Graph = {
      repo: '',
      path: '',
      licence: '',
      services: graphs.flatMap(({ services }, index) => services.map((name) => rename(index, name))),
      edges: graphs.flatMap(({ edges }, index) =>
        edges.map((edge) => ({ ...edge, from: rename(index, edge.from), on: rename(index, edge.on) })),
      ),
    };
    await bootAndStop(all, { max_parallel: 3 });
  });

  // foo ⇒? bar, which fails
  it('a dependency that is not required and fails: the other starts when it has settled', async () => {
    const graph = graphs.find(({ edges }) => edges.some(({ required }) => !required));
    if (graph === undefined) throw new Error('no graph has such an edge');
    const project = createProject();
    const services = toServices(graph, project);
    const up = await bootStack(
      {
        ...services,
        bar: { ...services.bar, optional: true, restart: 'no', command: 'exit 4' },
      },
      { project },
    );
    expect((await up.settled()).verdict, told(up)).to.equal('degraded');
    const run = await up.run();
    expect(timelineOf(run, 'foo').attempts[0]?.begun).to.be.at.least(timelineOf(run, 'bar').attempts[0]?.failed ?? Number.NaN);
    expect(timelineOf(run, 'foo').outcome).to.equal('ready');
    await up.stop();
  });
});
