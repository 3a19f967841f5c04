// `npm run bench`: every figure is a ratio to a limit measured or computed in the same run, never an absolute time alone.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { chain, layered } from './graphs.mjs';
import { adoptOnce, bootOnce, buildService, cli, findPorts, makeFolder, median, report, spanOf, timeCommand } from './rig.mjs';

// `npm run bench -- all`: one after the other, everything that can be measured here. Ends with 1 where a part did: a limit was missed, or it
// could not be measured.
if (process.argv[2] === 'all') {
  const needs = {
    dashboard: existsSync('/usr/bin/chromium') ? null : 'no chromium',
    cluster: process.env.MUSTER_TEST_CLUSTER === undefined ? 'MUSTER_TEST_CLUSTER names no cluster' : null,
  };
  const ends = ['', 'scale', 'history', 'dashboard', 'peers', 'cluster'].map((part) => {
    const command = `npm run bench${part === '' ? '' : ` -- ${part}`}`;
    const missing = needs[part] ?? null;
    if (missing !== null) return { command, status: 0, how: `left out: ${missing}` };
    console.log(`\n${command}`);
    const began = performance.now();
    const { status, signal } = spawnSync(process.execPath, [import.meta.filename, part], { stdio: 'inherit' });
    const took = `${((performance.now() - began) / 1000).toFixed(0)} s`;
    return { command, status, how: `${status === 0 ? 'all within the limits' : `ended with ${status ?? signal}`}, ${took}` };
  });
  console.log(`\n${ends.map(({ command, how }) => `${command}: ${how}`).join('\n')}`);
  process.exit(ends.every(({ status }) => status === 0) ? 0 : 1);
}

// `npm run bench -- history`: only what the memory promises; `-- watch`: what the watching of files costs; `-- peers`: the same
// services by other tools; `-- dashboard`: what the page costs with 300 services.
const other = {
  history: './history.mjs',
  watch: './watch.mjs',
  peers: './peers.mjs',
  dashboard: './dashboard.mjs',
  cluster: './cluster.mjs',
}[process.argv[2] ?? ''];
if (other !== undefined) {
  await import(other);
  process.exit();
}

// `npm run bench -- commands`: only what asking a running stack costs; `-- scale`: only what a thousand services cost, and a flood.
const part = { commands: './commands.mjs', scale: './scale.mjs' }[process.argv[2] ?? ''];
if (part !== undefined) {
  const { rows: some } = await import(part);
  report(some);
  process.exit(some.some(({ ratio, limit }) => ratio > limit) ? 1 : 0);
}

const rounds = Number(process.env.BENCH_ROUNDS ?? 5);
const program = buildService();
if (program === null) {
  console.error('bench: no C compiler (cc) for the service under test');
  process.exit(1);
}

const repeat = async (work) => {
  const results = [];
  for (let round = 0; round < rounds; round += 1) results.push(await work(round));
  return results;
};

const rows = [];

for (const [sign, most] of Object.entries({ tcp: 1.2, log: 1.12, notify: 1.12 })) {
  const chains = await repeat(async () => {
    const { yaml, limit } = chain({ program, ports: await findPorts(50), delay: 20, sign });
    const { run } = await bootOnce(yaml);
    return { ratio: spanOf(run) / limit, hop: (spanOf(run) - limit) / 50 };
  });
  rows.push({
    what: `chain of 50 × 20 ms by ${sign}, first spawn to last ready ÷ 1.0 s`,
    ratio: median(chains.map(({ ratio }) => ratio)),
    limit: most,
    note: `${median(chains.map(({ hop }) => hop)).toFixed(2)} ms a hop`,
  });
}

const graphs = await repeat(async (round) => {
  const { yaml, limit } = layered({ program, ports: await findPorts(30), depth: 6, seed: round + 1 });
  const { run, wall } = await bootOnce(yaml);
  return { ratio: spanOf(run) / limit, whole: wall / limit };
});
rows.push({
  what: 'random graph of 30, first spawn to last ready ÷ critical path',
  ratio: median(graphs.map(({ ratio }) => ratio)),
  limit: 1.01,
});
rows.push({
  what: 'random graph of 30, whole command ÷ critical path',
  ratio: median(graphs.map(({ whole }) => whole)),
  limit: 1.05,
});

const big = makeFolder();
writeFileSync(
  path.join(big, 'services.yaml'),
  `services:\n${Array.from({ length: 1000 }, (_, index) => `  s${index}:\n    command: sleep 1000\n    port: ${20000 + index}\n    env:\n      A: b\n${index === 0 ? '' : `    depends_on: [s${index >> 1}]\n`}`).join('')}`,
);
const checks = await repeat(() => ({
  bare: timeCommand(process.execPath, ['-e', '0']),
  check: timeCommand(process.execPath, [cli, 'check'], { cwd: big }),
}));
rows.push({
  what: 'check of 1,000 services ÷ node -e 0',
  ratio: median(checks.map(({ bare, check }) => check / bare)),
  limit: 3,
  note: `${median(checks.map(({ bare, check }) => check - bare)).toFixed(0)} ms over bare node`,
});

// `npm run bench -- boots`: only what of a boot is seen by whoever waits for it, and `check`.
if (process.argv[2] === 'boots') {
  report(rows);
  process.exit(rows.some(({ ratio, limit }) => ratio > limit) ? 1 : 0);
}

const delayFile = path.join(makeFolder(), 'delay.json');
const thousand = `services:\n${Array.from({ length: 1000 }, (_, index) => `  s${index}:\n    command: sleep 1000`).join('\n')}\n`;
const { stop, run } = await bootOnce(thousand, {
  nodeArgs: ['--import', path.join(path.dirname(new URL(import.meta.url).pathname), 'loop-delay.mjs')],
  env: { LOOP_DELAY_FILE: delayFile },
});
const loop = JSON.parse(readFileSync(delayFile, 'utf8'));
rows.push({
  what: '1,000 sleeps up and down: longest block of the event loop ÷ 50 ms',
  ratio: loop.max / 50,
  limit: 1,
  note: `p99 ${loop.p99.toFixed(1)} ms, up ${(run.duration / 1000).toFixed(2)} s, down ${(stop / 1000).toFixed(2)} s`,
});

const { took, kept } = await adoptOnce(thousand);
rows.push({
  what: '1,000 sleeps taken over after kill -9 of the supervisor, whole command ÷ 5 s',
  ratio: kept === 1000 ? took / 5000 : Infinity,
  limit: 1,
  note: `${kept} with their processes untouched, ${(took / 1000).toFixed(2)} s`,
});

rows.push(...(await import('./watch.mjs')).rows);
rows.push(...(await import('./commands.mjs')).rows);

report(rows);
if (rows.some(({ ratio, limit }) => limit !== undefined && ratio > limit)) process.exitCode = 1;
