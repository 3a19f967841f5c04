// What all benchmarks share: a project in a temporary folder, the real command, and what it remembered of the boot.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { loadavg } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { cli, makeFolder } from './folders.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));

export { cli, makeFolder };

/** A C program, statically where that can be. Throws where there is no C compiler. */
export const compile = (source) => {
  const program = path.join(makeFolder(), path.basename(source, '.c'));
  for (const flags of [['-static'], []])
    if (spawnSync('cc', ['-O2', ...flags, '-o', program, source], { stdio: 'ignore' }).status === 0) return program;
  throw new Error(`bench: no C compiler (cc) for ${source}`);
};

/** The service program, compiled once; null where there is no C compiler. */
export const buildService = () => {
  try {
    return compile(path.join(here, 'service.c'));
  } catch {
    return null;
  }
};

/** Free ports, all different: every one is held until the last is found. */
export const findPorts = async (count) => {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise((resolve, reject) => {
          const server = createServer();
          server.once('error', reject).listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
};

/** Boots the stack with the real command and stops it again. Resolves with the run as it is remembered, and wall times. */
export const bootOnce = (yaml, options = {}) => {
  const folder = makeFolder();
  writeFileSync(path.join(folder, 'services.yaml'), yaml);
  return bootIn(folder, options);
};

/** The same for a project that is there, with what it remembers. */
export const bootIn = async (folder, { nodeArgs = [], env = {} } = {}) => {
  const began = performance.now();
  const child = spawn(process.execPath, [...nodeArgs, cli, 'up', '--json'], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const booted = new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = JSON.parse(line);
      if (event.type === 'runRecorded') resolve({ run: event.run, wall: performance.now() - began });
    });
    child.once('exit', (code) => reject(new Error(`muster up ended with ${code} before the boot was over`)));
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const { run, wall } = await booted;
  const stopping = performance.now();
  child.kill('SIGTERM');
  await ended;
  return { run, wall, stop: performance.now() - stopping, folder };
};

/** Boots in the background, kills the supervisor with -9, and boots again. Milliseconds of that second `up -d`, whole command. */
export const adoptOnce = async (yaml) => {
  const folder = makeFolder();
  writeFileSync(path.join(folder, 'services.yaml'), yaml);
  const muster = (...args) =>
    execFileSync(process.execPath, [cli, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  const ids = () =>
    Object.values(JSON.parse(readFileSync(path.join(folder, '.server_memory.json'), 'utf8')).running).map(
      ({ process: { pid } }) => pid,
    );
  muster('up', '-d');
  try {
    const before = ids();
    const { supervisor } = JSON.parse(readFileSync(path.join(folder, '.server_memory.json'), 'utf8'));
    process.kill(supervisor.pid, 'SIGKILL');
    const began = performance.now();
    muster('up', '-d');
    const took = performance.now() - began;
    const kept = new Set(ids());
    return { took, kept: before.filter((pid) => kept.has(pid)).length };
  } finally {
    muster('down');
  }
};

export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

export const timeCommand = (command, args, options = {}) => {
  const began = performance.now();
  execFileSync(command, args, { stdio: 'ignore', ...options });
  return performance.now() - began;
};

/** From the first spawn to the last ready. */
export const spanOf = (run) => {
  const attempts = Object.values(run.services).flatMap((service) => service.attempts);
  const first = Math.min(...attempts.map(({ spawned }) => spawned ?? Infinity));
  const last = Math.max(...Object.values(run.services).map(({ ready }) => ready ?? 0));
  return last - first;
};

export const report = (rows) => {
  const width = Math.max(...rows.map(({ what }) => what.length));
  console.log(`node ${process.version}, load ${loadavg()[0].toFixed(2)}`);
  for (const { what, ratio, limit, note } of rows) {
    const verdict = limit === undefined ? '' : ratio <= limit ? ` (must ≤ ${limit}: ok)` : ` (must ≤ ${limit}: MISSED)`;
    console.log(`${what.padEnd(width)}  ${ratio.toFixed(3)} ×${verdict}${note ? `  ${note}` : ''}`);
  }
};
