// How far the ETA is off: the boots of a stack are played back, each with what the memory knew before it.
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findPorts, makeFolder } from './rig.mjs';
import { load } from './sources.mjs';

const { loadStack } = await load('lib/config/load.ts');
const { estimate } = await load('lib/domain/eta.ts');
const { buildGraph } = await load('lib/domain/graph.ts');
const { toPlan } = await load('lib/domain/plan.ts');

const root = path.join(import.meta.dirname, '..');

/** The demo, with ports that are free. */
export const stackOfShop = async () => {
  const folder = makeFolder();
  cpSync(path.join(root, 'services.yaml'), path.join(folder, 'services.yaml'));
  cpSync(path.join(root, 'examples', 'shop'), path.join(folder, 'examples', 'shop'), { recursive: true });
  const names = ['STORE', 'API', 'SEARCH', 'IMAGES', 'FRONT', 'MAIL', 'MAIL_WEB'];
  const ports = await findPorts(names.length);
  const env = Object.fromEntries(names.map((name, at) => [`PORT_${name}`, String(ports[at])]));
  return { what: 'demo stack', folder, rounds: 7, env };
};

/** One of the graphs of real projects, the largest first. */
export const graphOf = (place) => {
  const graphs = JSON.parse(readFileSync(path.join(root, 'test', 'data', 'graphs.json'), 'utf8'));
  const graph = graphs.toSorted((a, b) => b.edges.length - a.edges.length)[place];
  if (graph === undefined) throw new Error('there is no such graph');
  return graph;
};

/** Its services are the program, which waits for 100 to 900 ms and opens its port. */
export const stackOfGraph = async (program, place) => {
  const graph = graphOf(place);
  const folder = makeFolder();
  const ports = await findPorts(graph.services.length);
  const services = graph.services.map((name, at) => {
    const needs = graph.edges.filter(({ from }) => from === name).map(({ on }) => on);
    const delay = 100 + ((at * 397) % 800);
    return `  ${name}:
    command: [${program}, "${delay}", "${ports[at]}"]
    port: ${ports[at]}
    depends_on: [${needs.join(', ')}]`;
  });
  writeFileSync(
    path.join(folder, 'services.yaml'),
    `services:
${services.join('\n')}
`,
  );
  return { what: `${graph.repo} (${path.basename(graph.path)})`, folder, rounds: 5, env: {} };
};

/** As shares of what the boot then took, without a sign. */
export const etaErrors = async ({ folder, env }, runs) => {
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
  const errorAt = (run, at, share) => {
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
const progressAt = ({ services }, now) =>
  new Map(
    Object.entries(services).flatMap(([name, timeline]) => {
      const begun = timeline.attempts[0]?.begun ?? null;
      const settled = settledOf(timeline);
      if (begun === null || begun > now) return [];
      return [[name, { begun, settled: settled !== null && settled <= now ? settled : null }]];
    }),
  );
const settledOf = ({ outcome, ready, attempts }) =>
  outcome === 'failed' ? (attempts.at(-1)?.ended ?? attempts.at(-1)?.failed ?? null) : ready;
