// `npm run bench -- scale`: a thousand services: how they start and stop beside a bare Node program, what they cost while nothing
// happens, and how long the event loop is kept meanwhile; and one service that writes 500 MB. BENCH_ROUNDS (3), BENCH_MANY (1000),
// BENCH_ROWS (floor,loop,idle,lines).
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, readSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { bootTool, memoryOf } from './peers/rig.mjs';
import { tools } from './peers/tools.mjs';
import { bootOnce, cli, compile, makeFolder, median } from './rig.mjs';

const rounds = Number(process.env.BENCH_ROUNDS ?? 3);
const many = Number(process.env.BENCH_MANY ?? 1000);
const wanted = new Set((process.env.BENCH_ROWS ?? 'floor,loop,idle,lines').split(','));
const here = import.meta.dirname;
export const rows = [];

const muster = (folder, ...args) =>
  execFileSync(process.execPath, [cli, ...args], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
const supervisorOf = (folder) => JSON.parse(readFileSync(path.join(folder, '.server_memory.json'), 'utf8')).supervisor.pid;
/** Milliseconds of processor time, its own and the system's for it. */
const cpuOf = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
};
const rssOf = (pid) => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))[1]) / 1000;
const names = Array.from({ length: many }, (_, at) => `s${at}`);

if (wanted.has('floor')) {
  const facts = { program: compile(path.join(here, 'peers', 'service.c')) };
  const services = names.map((name) => ({ name, delay: 0, port: 0, needs: [] }));
  const seen = { muster: [], 'limit on Node': [] };
  for (let round = 0; round < rounds; round += 1)
    for (const tool of tools.filter(({ name }) => name in seen))
      seen[tool.name].push(
        await bootTool(tool, services, facts, async ({ mark }) => ({ memory: memoryOf(mark, facts.program) })),
      );
  const of = (name, key) => median(seen[name].map((one) => one?.[key] ?? Number.POSITIVE_INFINITY));
  for (const [key, what, limit] of [
    ['whole', 'up', 1.6],
    ['stop', 'stop', 2],
  ])
    rows.push({
      what: `${many} ready at once: ${what} ÷ limit on Node`,
      ratio: of('muster', key) / of('limit on Node', key),
      limit,
      note: `${of('muster', key).toFixed(0)} ms for ${of('limit on Node', key).toFixed(0)} ms`,
    });
  const memory = of('muster', 'memory');
  rows.push({
    what: `${many} ready at once: memory (PSS) of muster ÷ 100 MB`,
    ratio: (memory * 1.048576) / 100,
    limit: 1,
    note: `${memory.toFixed(0)} MiB`,
  });
}

if (wanted.has('loop')) {
  const delayFile = path.join(makeFolder(), 'delay.json');
  const { stop, run } = await bootOnce(`services:\n${names.map((name) => `  ${name}:\n    command: sleep 1000\n`).join('')}`, {
    nodeArgs: ['--import', path.join(here, 'loop-delay.mjs')],
    env: { LOOP_DELAY_FILE: delayFile },
  });
  const { p99, max } = JSON.parse(readFileSync(delayFile, 'utf8'));
  rows.push({
    what: `${many} sleeps up and down: delay of the event loop, p99 ÷ 20 ms`,
    ratio: p99 / 20,
    limit: 1,
    note: `longest ${max.toFixed(0)} ms, up ${(run.duration / 1000).toFixed(2)} s, down ${(stop / 1000).toFixed(2)} s`,
  });
}

/** Lets a stack be, and looks at what that costs. */
const idle = async (what, yaml, limit) => {
  const folder = makeFolder();
  writeFileSync(path.join(folder, 'services.yaml'), yaml);
  muster(folder, 'up', '-d');
  try {
    const pid = supervisorOf(folder);
    // What came of the boot is over by then: saves, indexes of logs, descriptors that are given back.
    await pause(10_000);
    const [began, before] = [performance.now(), cpuOf(pid)];
    await pause(25_000);
    const used = (cpuOf(pid) - before) / (performance.now() - began);
    rows.push({
      what: `${what}: processor time of the supervisor ÷ ${limit * 100} % of a core`,
      ratio: used / limit,
      limit: 1,
      note: `${(used * 100).toFixed(2)} %, ${rssOf(pid).toFixed(0)} MB resident`,
    });
  } finally {
    muster(folder, 'down');
  }
};

if (wanted.has('idle')) {
  const program = compile(path.join(here, 'service.c'));
  const plain = names.map((name) => `  ${name}:\n    command: [${program}]\n`);
  await idle(`${many} without checks, nothing happens`, `services:\n${plain.join('')}`, 0.005);
  const checked = names.map((name) => `  ${name}:\n    command: exec ${program} 0 $PORT\n    port: auto\n`);
  await idle(`${many} with a tcp check every 5 s`, `services:\n${checked.join('')}`, 0.05);
}

const bytes = 500_000_000;

/** The number of the first line that is not the next one; null: all are there, in order. */
const firstWrong = (file) => {
  if (statSync(file).size !== bytes) return `${statSync(file).size} bytes`;
  const fd = openSync(file, 'r');
  const chunk = Buffer.alloc(1_000_000);
  try {
    for (let line = 0; readSync(fd, chunk) === chunk.length; )
      for (let at = 0; at < chunk.length; at += 100, line += 1) {
        let number = 0;
        for (let digit = at; digit < at + 10; digit += 1) number = number * 10 + chunk[digit] - 48;
        if (number !== line || chunk[at + 99] !== 10) return `line ${line}`;
      }
    return null;
  } finally {
    closeSync(fd);
  }
};

/** What the service wrote down, as soon as it has. */
const timesIn = async (file) => {
  for (;;) {
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    if (text.endsWith('\n')) return Number(text);
    await pause(20);
  }
};

/** `cmd > file` by a shell. */
const writeBare = async (command, folder) => {
  const file = path.join(folder, 'bare');
  const shell = spawn('/bin/sh', ['-c', `exec '${command.join("' '")}' > '${file}'`], { stdio: 'inherit' });
  const ended = new Promise((resolve) => shell.once('exit', resolve));
  const [, , times, go] = command;
  writeFileSync(go, '');
  const took = await timesIn(times);
  rmSync(go);
  await ended;
  for (const each of [file, times]) rmSync(each);
  return took;
};

/** The same under muster, with the processor time that its supervisor took meanwhile and a second longer. */
const writeUnderMuster = async (command, folder) => {
  const log = path.join(folder, 'logs', 'w.log');
  const [, , times, go] = command;
  writeFileSync(
    path.join(folder, 'services.yaml'),
    `services:\n  w:\n    command: ${JSON.stringify(command)}\n    log: {max_size: 1GB}\n`,
  );
  muster(folder, 'up', '-d');
  try {
    const pid = supervisorOf(folder);
    await pause(3000);
    const before = cpuOf(pid);
    writeFileSync(go, '');
    const took = await timesIn(times);
    await pause(1000);
    return { took, used: cpuOf(pid) - before, wrong: firstWrong(log) };
  } finally {
    muster(folder, 'down');
    for (const each of [go, log, times]) rmSync(each, { force: true });
  }
};

if (wanted.has('lines')) {
  const program = compile(path.join(here, 'lines.c'));
  const [bare, ours] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    const folder = makeFolder();
    const command = [program, String(bytes), path.join(folder, 'times'), path.join(folder, 'go')];
    bare.push(await writeBare(command, folder));
    ours.push(await writeUnderMuster(command, folder));
  }
  const took = median(ours.map((one) => one.took));
  const used = median(ours.map((one) => one.used / one.took));
  const lost = ours.flatMap(({ wrong }) => wrong ?? []);
  rows.push({
    what: '500 MB of lines of 100 bytes: time ÷ that of `cmd > file` ÷ 0.9',
    ratio: lost.length > 0 ? Number.POSITIVE_INFINITY : (took / median(bare)) * 0.9,
    limit: 1,
    note: `throughput ${(median(bare) / took).toFixed(2)} ×, ${lost.length === 0 ? 'every line in order' : `wrong: ${lost.join(', ')}`}`,
  });
  rows.push({
    what: '… processor time of the supervisor, until a second later ÷ 5 % of that time',
    ratio: used / 0.05,
    limit: 1,
    note: `${(used * 100).toFixed(1)} % of ${(took / 1000).toFixed(2)} s`,
  });
}
