// What a boot costs in checks of readiness, and how late it is seen, without memory and with it. Each kind of check has boots of its own,
// so that none competes with another.
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bootIn, findPorts, makeFolder, median } from './rig.mjs';

/** Boots of each kind, of either sort. */
const boots = 3;

/** Services that open their port after 20 ms to 5 s. */
const starts = [20, 40, 60, 90, 130, 200, 300, 450, 700, 1000, 1400, 2000, 2800, 3800, 5000];

const quantile = (values, p) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(p * values.length))];

/** How a service is asked: what the program is told beside, and the lines of its file. */
const kinds = {
  tcp: { words: [], ready: () => '' },
  http: { words: ['http'], ready: (port) => `\n    ready: {http: "http://127.0.0.1:${port}/"}` },
};

/** `first`: each without memory. `later`: each with that of all before it. */
const bootBoth = async (services) => {
  const folder = makeFolder();
  writeFileSync(path.join(folder, 'services.yaml'), `services:\n${services.join('\n')}\n`);
  const boot = async (removed) => {
    for (const name of removed) rmSync(path.join(folder, name), { force: true });
    return (await bootIn(folder)).run;
  };
  const [first, later] = [[], []];
  // What a command looks for would be found at once.
  for (let round = 0; round < boots; round += 1) first.push(await boot(['up', '.server_memory.json']));
  for (let round = 0; round < boots; round += 1) later.push(await boot(['up']));
  return { first, later };
};

const measurePorts = async (kind, program) => {
  const { words, ready } = kinds[kind];
  const ports = await findPorts(starts.length);
  const services = starts.map((delay, at) => {
    const command = JSON.stringify([program, String(delay), String(ports[at]), ...words]);
    return `  s${delay}:\n    command: ${command}\n    port: ${ports[at]}${ready(ports[at])}`;
  });
  const { first, later } = await bootBoth(services);
  return {
    booted: [...first, ...later],
    rows: [...toRows(`${kind} readiness without memory`, first), ...toRows(`${kind} readiness with memory`, later)],
  };
};

const toRows = (what, runs) => {
  const attempts = runs.flatMap(({ services }) => starts.map((delay) => ({ delay, ...services[`s${delay}`].attempts[0] })));
  const lags = attempts.map(({ ready, spawned, delay }) => ready - spawned - delay);
  const most = Math.max(...attempts.map(({ checks }) => checks));
  const [middle, late] = [median(lags), quantile(lags, 0.95)];
  const of = `of ${attempts.length} starts in ${runs.length} boots`;
  return [
    { what: `${what}: median lag ÷ 3 ms`, ratio: middle / 3, limit: 1, note: `${middle.toFixed(1)} ms, ${of}` },
    {
      what: `${what}: p95 lag ÷ 10 ms`,
      ratio: late / 10,
      limit: 1,
      note: `${late.toFixed(1)} ms, the worst ${Math.max(...lags).toFixed(1)} ms, ${of}`,
    },
    { what: `${what}: most checks of a boot ÷ 60`, ratio: most / 60, limit: 1, note: `${most} checks` },
  ];
};

/** One that is asked by a command, which costs a hundred times as much. */
const measureCommand = async () => {
  const { first, later } = await bootBoth([
    '  by-command:\n    command: "sleep 2; touch up; exec sleep 1000"\n    ready: {exec: [test, -e, up]}',
  ]);
  const attemptsOf = (runs) => runs.map(({ services }) => services['by-command'].attempts[0]);
  const lagOf = (runs) => median(attemptsOf(runs).map(({ ready, spawned }) => ready - spawned - 2000)).toFixed(0);
  const checksOf = (runs) => median(attemptsOf(runs).map(({ checks }) => checks));
  return {
    booted: [...first, ...later],
    rows: [
      {
        what: 'readiness by a command with memory: checks ÷ those without',
        ratio: checksOf(later) / checksOf(first),
        limit: 1,
        note: `${checksOf(later)} in place of ${checksOf(first)}, seen after ${lagOf(later)} in place of ${lagOf(first)} ms`,
      },
    ],
  };
};

export const measureProbes = async (program) => {
  const measured = [...[await measurePorts('tcp', program), await measurePorts('http', program)], await measureCommand()];
  return { booted: measured.flatMap(({ booted }) => booted), rows: measured.flatMap(({ rows }) => rows) };
};
