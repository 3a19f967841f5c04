// How far the ETA is off: the boots of a stack are played back, each with what the memory knew before it.
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { loadStack } from '../lib/config/load.ts';
import { estimate, type Progress } from '../lib/domain/eta.ts';
import { buildGraph } from '../lib/domain/graph.ts';
import type { RunRecord, ServiceTimeline } from '../lib/domain/history.ts';
import { toPlan } from '../lib/domain/plan.ts';
import type { Ms } from '../lib/domain/service.ts';
import { findPorts, makeFolder } from './rig.mjs';

type BenchStack = {
  readonly what: string;
  readonly folder: string;
  readonly rounds: number;
  readonly env: Readonly<Record<string, string>>;
};

const root = path.join(import.meta.dirname, '..');

/** The demo, with ports that are free. */
export const stackOfShop = async (): Promise<BenchStack> => {
  const folder = makeFolder();
  cpSync(path.join(root, 'services.yaml'), path.join(folder, 'services.yaml'));
  cpSync(path.join(root, 'examples', 'shop'), path.join(folder, 'examples', 'shop'), { recursive: true });
  const names = ['STORE', 'API', 'SEARCH', 'IMAGES', 'FRONT', 'MAIL', 'MAIL_WEB'];
  const ports = await findPorts(names.length);
  const env = Object.fromEntries(names.map((name, at) => [`PORT_${name}`, String(ports[at])]));
  return { what: 'demo stack', folder, rounds: 7, env };
};

type Edge = { readonly from: string; readonly on: string };
type Graph = {
  readonly repo: string;
  readonly path: string;
  readonly services: readonly string[];
  readonly edges: readonly Edge[];
};

/** One of the graphs of real projects, the largest first; its services are the program, which waits for 100 to 900 ms and opens its port. */
export const stackOfGraph = async (program: string, place: number): Promise<BenchStack> => {
  const graphs = JSON.parse(readFileSync(path.join(root, 'test', 'data', 'graphs.json'), 'utf8')) as readonly Graph[];
  const graph = graphs.toSorted((a, b) => b.edges.length - a.edges.length)[place];
  if (graph === undefined) throw new Error('there is no such graph');
  const folder = makeFolder();
  const ports = await findPorts(graph.services.length);
  const services = graph.services.map((name, at) => {
    const needs = graph.edges.filter(({ from }) => from === name).map(({ on }) => on);
    const delay = 100 + ((at * 397) % 800);
    return `  ${name}:\n    command: [${program}, "${delay}", "${ports[at]}"]\n    port: ${ports[at]}\n    depends_on: [${needs.join(', ')}]`;
  });
  writeFileSync(path.join(folder, 'services.yaml'), `services:\n${services.join('\n')}\n`);
  return { what: `${graph.repo} (${path.basename(graph.path)})`, folder, rounds: 5, env: {} };
};

export type EtaErrors = { readonly atHalf: readonly number[]; readonly beforehand: readonly number[] };

/** As shares of what the boot then took, without a sign. */
export const etaErrors = async ({ folder, env }: BenchStack, runs: readonly RunRecord[]): Promise<EtaErrors> => {
  const { stack } = await loadStack({
    file: path.join(folder, 'services.yaml'),
    cwd: folder,
    env: { ...process.env, ...env },
    environment: 'development',
    profiles: [],
    only: [],
    noDeps: false,
  });
  if (stack === null) throw new Error(`the stack in ${folder} has mistakes`);
  const graph = buildGraph(stack.services);
  const errorAt = (run: RunRecord, at: number, share: number): number => {
    const history = { runs: runs.slice(0, at), folded: {} };
    const plan = toPlan(stack, graph, history, { machine: run.machine, warm: run.warm });
    const now = run.duration * share;
    return Math.abs((estimate(plan, progressAt(run, now), now).total ?? 0) - run.duration) / run.duration;
  };
  const known = [...runs.entries()].slice(1);
  return {
    atHalf: known.map(([at, run]) => errorAt(run, at, 0.5)),
    beforehand: known.map(([at, run]) => errorAt(run, at, 0)),
  };
};

/** What was seen of a run by then. */
const progressAt = ({ services }: RunRecord, now: Ms): Progress =>
  new Map(
    Object.entries(services).flatMap(([name, timeline]) => {
      const begun = timeline.attempts[0]?.begun ?? null;
      const settled = settledOf(timeline);
      if (begun === null || begun > now) return [];
      return [[name, { begun, settled: settled !== null && settled <= now ? settled : null }] as const];
    }),
  );

const settledOf = ({ outcome, ready, attempts }: ServiceTimeline): Ms | null =>
  outcome === 'failed' ? (attempts.at(-1)?.ended ?? attempts.at(-1)?.failed ?? null) : ready;
