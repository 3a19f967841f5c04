// How good "what if?" is: a boot is asked what it would have taken with a change, then the change is made and really booted.
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { graphOf } from './history-eta.mjs';
import { bootIn, findPorts, makeFolder, median } from './rig.mjs';
import { load } from './sources.mjs';

const { loadStack } = await load('lib/config/load.ts');
const { buildGraph } = await load('lib/domain/graph.ts');
const { predict } = await load('lib/domain/what-if.ts');
const { parseWhatIf } = await load('lib/domain/what-if-words.ts');

const root = path.join(import.meta.dirname, '..');

/** `variants`: what is asked, and the text of the file in which it is so. `back` asks the changed boot for the way back. */
export const shopToChange = async () => {
  const text = readFileSync(path.join(root, 'services.yaml'), 'utf8');
  const names = ['STORE', 'API', 'SEARCH', 'IMAGES', 'FRONT', 'MAIL', 'MAIL_WEB'];
  const ports = await findPorts(names.length);
  const replace = (from, to) => {
    if (!text.includes(from)) throw new Error(`the demo has no "${from}" any more`);
    return text.replace(from, to);
  };
  // Later by a timer in the program: a wait before it would also move its work to where it has the machine to itself.
  const later = (name, ms) =>
    replace(
      `command: node ${name}.mjs`,
      `command: [node, --import, "data:text/javascript,await new Promise((on) => setTimeout(on, ${ms}))", ${name}.mjs]`,
    );
  return {
    what: 'demo stack',
    env: Object.fromEntries(names.map((name, at) => [`PORT_${name}`, String(ports[at])])),
    prepare: (folder) => cpSync(path.join(root, 'examples', 'shop'), path.join(folder, 'examples', 'shop'), { recursive: true }),
    base: text,
    variants: [
      { asked: 'migrate=+500ms', back: 'migrate=-500ms', text: later('migrate', 500) },
      { asked: 'images=+2s', back: 'images=-2s', text: later('images', 2000) },
      { asked: 'front=+1s', back: 'front=-1s', text: later('front', 1000) },
      { asked: 'front:without=search', text: replace('      search: {condition: healthy}\n', '') },
    ],
  };
};

export const graphToChange = async (program, place) => {
  const graph = graphOf(place);
  const ports = await findPorts(graph.services.length);
  const write = ({ delays = {}, without = null, gone = null, slots = null }) => {
    const services = graph.services.flatMap((name, at) => {
      if (name === gone) return [];
      const needs = graph.edges
        .filter(({ from, on }) => from === name && on !== gone && !(without?.from === from && without.on === on))
        .map(({ on }) => on);
      return `  ${name}:
    command: [${program}, "${delays[name] ?? delayOf(at)}", "${ports[at]}"]
    port: ${ports[at]}
    depends_on: [${needs.join(', ')}]`;
    });
    return `${slots === null ? '' : `max_parallel: ${slots}\n`}services:\n${services.join('\n')}\n`;
  };
  const [needed] = graph.services.toSorted((a, b) => usersOf(graph, b) - usersOf(graph, a));
  const edge = graph.edges.find(({ on }) => on === needed);
  const own = delayOf(graph.services.indexOf(needed));
  return {
    what: `${graph.repo} (${path.basename(graph.path)})`,
    env: {},
    prepare: () => undefined,
    base: write({}),
    variants: [
      { asked: `${needed}=50ms`, back: `${needed}=${own}ms`, text: write({ delays: { [needed]: 50 } }) },
      { asked: `${needed}=+400ms`, back: `${needed}=-400ms`, text: write({ delays: { [needed]: own + 400 } }) },
      { asked: `${needed}:gone`, text: write({ gone: needed }) },
      { asked: `${edge.from}:without=${edge.on}`, text: write({ without: edge }) },
      { asked: 'max_parallel=2', back: 'max_parallel=none', text: write({ slots: 2 }) },
    ],
  };
};

const delayOf = (at) => 100 + ((at * 397) % 800);
const usersOf = ({ edges }, name) => edges.filter(({ on }) => on === name).length;

/**
 * Each change is asked of every boot and made in as many, in turn; the medians of what was predicted and of what it took are compared,
 * as a ratio to the limit, which is 5 % of the boot or 30 ms. `noise`: by how much the same boot differs from one time to the next, as
 * the same ratio. The first round only fills the memory.
 */
export const measureWhatIf = async (subject, rounds) => {
  const folders = [subject.base, ...subject.variants.map(({ text }) => text)].map((text) => {
    const folder = makeFolder();
    subject.prepare(folder);
    writeFileSync(path.join(folder, 'services.yaml'), text);
    return folder;
  });
  const stacks = await Promise.all(folders.map((folder) => loadAt(folder, subject.env)));
  const runs = folders.map(() => []);
  for (let round = 0; round <= rounds; round += 1) {
    for (const [at, folder] of folders.entries()) {
      const { run } = await bootIn(folder, { env: subject.env });
      if (round > 0) runs[at].push(run);
    }
  }
  const errors = subject.variants.flatMap(({ asked, back }, index) => {
    const [base, changed] = [
      { stack: stacks[0], runs: runs[0] },
      { stack: stacks[index + 1], runs: runs[index + 1] },
    ];
    return [errorOf(base, asked, changed), ...(back === undefined ? [] : [errorOf(changed, back, base)])];
  });
  const noise = median(
    runs.flatMap((same) => {
      const usual = median(same.map(({ duration }) => duration));
      return same.map(({ duration }) => toRatio(duration, usual));
    }),
  );
  const [worst] = errors.toSorted((a, b) => b.ratio - a.ratio);
  return { booted: runs.flat(), errors, median: median(errors.map(({ ratio }) => ratio)), worst, noise };
};

const loadAt = async (folder, env) => {
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
  return stack;
};

const errorOf = ({ stack, runs }, asked, then) => {
  const parsed = parseWhatIf(asked, [...stack.services.keys()]);
  if (!parsed.ok) throw new Error(`${asked}: ${parsed.problem}`);
  const input = { stack, graph: buildGraph(stack.services), changes: [parsed.value], usual: () => null };
  const predicted = median(runs.map((run) => predict({ ...input, run }).after));
  const took = median(then.runs.map(({ duration }) => duration));
  return { asked, off: Math.abs(predicted - took), took, ratio: toRatio(predicted, took) };
};

const toRatio = (predicted, took) => Math.abs(predicted - took) / Math.max(30, 0.05 * took);
