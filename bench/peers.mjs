// `npm run bench -- peers [name …]`: the same services by other tools, in turn in the same run; each figure is a ratio, to what cannot
// be beaten or to a bare `node`. BENCH_ROUNDS (5), BENCH_ROWS (graph,chain,status,crash,many), BENCH_MANY (1000), BENCH_LONGEST (45: a
// tool whose round took more seconds is not asked again for that table, which says so), BENCH_OUT (a file for the tables).
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import path from 'node:path';
import { installPeers } from './peers/install.mjs';
import { bootTool, crash, longest, memoryOf } from './peers/rig.mjs';
import { tools } from './peers/tools.mjs';
import { chainOf, graphOf30 } from './peers/workloads.mjs';
import { compile, findPorts, median, timeCommand } from './rig.mjs';

const rounds = Number(process.env.BENCH_ROUNDS ?? 5);
const many = Number(process.env.BENCH_MANY ?? 1000);
const wanted = new Set((process.env.BENCH_ROWS ?? 'graph,chain,status,crash,many').split(','));

for (const problem of installPeers()) console.error(`bench: ${problem}`);
const [program, floor] = ['service.c', 'floor.c'].map((name) => compile(path.join(import.meta.dirname, 'peers', name)));
const facts = { program, floor };
const asked = process.argv.slice(3);
const candidates = tools.filter(({ name }) => asked.length === 0 || asked.includes(name));
const present = candidates.filter(({ version }) => version() !== null);
const absent = candidates.filter((tool) => !present.includes(tool)).map(({ name }) => name);
if (absent.length > 0) console.error(`bench: left out, as not installed here: ${absent.join(', ')}`);
const loads = [];
const began = performance.now();

const [before, after] = process.stderr.isTTY ? ['\r\x1b[K', ''] : ['', '\n'];
const tellProgress = (text) => process.stderr.write(`${before}${text === '' ? '' : `${text}${after}`}`);

/** Each tool once, then all again: what else the machine does meets all of them. Who takes too long has fewer results. */
const inTurn = async (title, who, work) => {
  const results = new Map(who.map(({ name }) => [name, []]));
  const slow = new Set();
  for (let round = 0; round < rounds; round += 1) {
    loads.push(loadavg()[0]);
    for (const tool of who.filter((one) => !slow.has(one))) {
      const started = performance.now();
      tellProgress(`${((started - began) / 1000).toFixed(0)} s: ${title}, ${tool.name}, ${round + 1} of ${rounds}`);
      results.get(tool.name).push(await work(tool, round));
      if (performance.now() - started > longest) slow.add(tool);
    }
  }
  tellProgress('');
  return results;
};

const tables = [];
const middle = (values, digits = 3) => {
  const known = values.filter((value) => value !== null && value !== undefined && Number.isFinite(value));
  return known.length === 0 ? '–' : median(known).toFixed(digits);
};
/** What was measured until now. */
const toMarkdown = () => {
  const versions = present.map(({ name, version }) => `${name} ${version()}`.trim()).join(', ');
  const spread = `${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}`;
  return [
    `Measured on ${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}; load ${spread} (what else the machine did is in it); medians of ${rounds}, the tools in turn.`,
    '',
    `Versions: ${versions}.${absent.length === 0 ? '' : ` Not installed: ${absent.join(', ')}.`}`,
    ...tables.flatMap(({ title, columns, rows }) => [
      '',
      `### ${title}`,
      '',
      `| ${columns.join(' | ')} |`,
      `|---|${columns
        .slice(1)
        .map(() => '---:')
        .join('|')}|`,
      ...rows.map((row) => `| ${row.join(' | ')} |`),
    ]),
    '',
  ].join('\n');
};

const add = (title, columns, results, toCells) => {
  const rows = [...results].map(([name, all]) => {
    const up = all.filter((one) => one !== null);
    const label = all.length < rounds ? `${name} (${all.length} of ${rounds} rounds: more than ${longest / 1000} s each)` : name;
    return [label, ...(up.length === 0 ? columns.map(() => 'did not come up') : toCells(up))];
  });
  tables.push({ title, columns: ['tool', ...columns], rows });
  console.log(`\n${title}`);
  for (const row of [['tool', ...columns], ...rows])
    console.log(row.map((cell, at) => (at === 0 ? cell.padEnd(16) : cell.padStart(24))).join(''));
  // What an interrupted run has measured is kept.
  if (process.env.BENCH_OUT !== undefined) writeFileSync(process.env.BENCH_OUT, toMarkdown());
};

if (wanted.has('graph')) {
  const results = await inTurn('graph', present, async (tool, round) => {
    const { services, limit } = graphOf30({ ports: await findPorts(30), seed: round + 1 });
    const done = await bootTool(tool, services, facts);
    return done === null ? null : { whole: done.whole / limit, span: done.span / limit, early: done.early };
  });
  add(
    'Random graph of 30 services (50 to 800 ms each): ÷ its critical path',
    ['whole command', 'from the first start', 'started too early'],
    results,
    (all) => [
      middle(all.map(({ whole }) => whole)),
      middle(all.map(({ span }) => span)),
      middle(
        all.map(({ early }) => early),
        0,
      ),
    ],
  );
}

if (wanted.has('chain')) {
  const results = await inTurn(
    'chain',
    present.filter(({ order }) => order !== 'none'),
    async (tool) => {
      const { services, limit } = chainOf({ ports: await findPorts(50), delay: 20 });
      const done = await bootTool(tool, services, facts);
      return done === null ? null : { span: done.span / limit, whole: done.whole / limit, early: done.early };
    },
  );
  add(
    'Chain of 50 services, 20 ms each: ÷ 1.0 s',
    ['from the first start', 'whole command', 'started too early'],
    results,
    (all) => [
      middle(all.map(({ span }) => span)),
      middle(all.map(({ whole }) => whole)),
      middle(
        all.map(({ early }) => early),
        0,
      ),
    ],
  );
}

if (wanted.has('status') || wanted.has('crash')) {
  const results = await inTurn('status and crash', present, async (tool) => {
    const ports = await findPorts(20);
    const services = ports.map((port, at) => ({ name: `s${at}`, delay: 10, port, needs: [] }));
    return bootTool(tool, services, facts, async ({ plan, folder, env, events }) => {
      const times = { bare: [], status: [] };
      for (let time = 0; time < 3 && plan.status !== undefined; time += 1) {
        const [command, ...args] = plan.status;
        times.bare.push(timeCommand(process.execPath, ['-e', '0']));
        const began = performance.now();
        spawnSync(command, args, { cwd: folder, env, stdio: 'ignore' });
        times.status.push(performance.now() - began);
      }
      return {
        status: plan.status === undefined ? null : median(times.status) / median(times.bare),
        crash: await crash('s3', events),
      };
    });
  });
  add(
    'Twenty services that are up',
    ['status ÷ bare node', 'kill -9 of one to listening again, beyond its own 10 ms'],
    results,
    (all) => [
      middle(
        all.map(({ status }) => status),
        2,
      ),
      all.every((one) => one.crash === null)
        ? 'not restarted'
        : `${middle(
            all.map((one) => (one.crash === null ? null : one.crash - 10)),
            1,
          )} ms`,
    ],
  );
}

if (wanted.has('many')) {
  const services = Array.from({ length: many }, (_, at) => ({ name: `s${at}`, delay: 0, port: 0, needs: [] }));
  const results = await inTurn(
    `${many} at once`,
    present.filter(({ most = Number.POSITIVE_INFINITY }) => many <= most),
    (tool) => bootTool(tool, services, facts, async ({ mark }) => ({ memory: memoryOf(mark, facts.program) })),
  );
  const floorOf = (key) => median((results.get('limit on Node') ?? []).flatMap((one) => one?.[key] ?? []));
  const [up, stop] = [floorOf('whole'), floorOf('stop')];
  add(
    `${many} services that are ready at once`,
    ['up ÷ limit on Node', 'stop ÷ limit on Node', 'memory of the tool, MiB', 'left after the stop'],
    results,
    (all) => [
      middle(
        all.map(({ whole }) => whole / up),
        2,
      ),
      middle(
        all.map((one) => (one.stop === null ? null : one.stop / stop)),
        2,
      ),
      middle(
        all.map(({ memory }) => memory),
        0,
      ),
      middle(
        all.map(({ left }) => left),
        0,
      ),
    ],
  );
}

if (process.env.BENCH_OUT === undefined) console.log(`\n${toMarkdown()}`);
