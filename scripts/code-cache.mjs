// Beside each program what V8 knows of it after it has run, so that the next start need not compile it: for the version of V8 that
// builds (all of a Node major share one, or nearly). Each program runs here as it would for a user, on a small stack of its own.
//
// node code-cache.mjs DIST is the trainer: a process in a session of its own, whose stdin is held open by the build and by nobody else.
// However the build ends, that comes to its end, and the trainer takes down and removes whatever it has made.
import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const self = fileURLToPath(import.meta.url);
const backgroundFlags = JSON.parse(
  readFileSync(new URL('../lib/interfaces/cli/attach/background-flags.json', import.meta.url), 'utf8'),
);
const runner = fileURLToPath(new URL('warm-program.mjs', import.meta.url));

const command = 'node -e "console.log(1); setInterval(() => 0, 1e6)"';
const stack = `services:
  a: {command: '${command}'}
  b: {type: task, command: 'node -e 0', depends_on: [a]}
  c:
    command: node -e "require('net').createServer().listen(process.env.PORT)"
    port: auto
    depends_on: [b]
  d: {command: '${command}', depends_on: [a]}
`;

/** Enough for V8 to find what is done often. */
const large = `services:\n${Array.from({ length: 40 }, (_, at) => `  s${at}:\n    command: sleep 1000\n    port: ${20000 + at}\n    env:\n      A: b\n${at === 0 ? '' : `    depends_on: [s${at >> 1}]\n`}`).join('')}`;

/** What each program does, one after the other, in the folder of the running stack if none is named. */
const workOf = ({ fresh, launched, big }) => ({
  door: [['version'], ['help']],
  status: [['status'], ['status', 'a', '--json']],
  logs: [
    ['logs', '--tail', '5'],
    ['logs', 'a'],
  ],
  why: [['why', 'c']],
  stop: [
    ['stop', 'd'],
    ['stop', 'd'],
  ],
  start: [['start', 'd']],
  restart: [['restart', 'd']],
  check: [['check'], ['check', '-f', path.join(big, 'services.yaml')]],
  up: [['up', '-f', path.join(fresh, 'services.yaml')]],
  'up-client': [
    ['up', '-d'],
    ['up', '-d', '-f', path.join(launched, 'services.yaml')],
  ],
  down: [['down']],
});

/** What the supervisor in the background does, under flags of its own. */
const backgroundWork = (folder) => [['up', '-f', path.join(folder, 'services.yaml')]];

const makeFolder = (text) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'muster-build-'));
  writeFileSync(path.join(folder, 'services.yaml'), text);
  return folder;
};

/** `dist`: a whole build. Resolves with what went wrong, in one line; null: nothing. The command works without all this. */
export const buildCodeCache = (dist) =>
  new Promise((resolve) => {
    const trainer = spawn(process.execPath, [self, dist], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
    let problem = '';
    trainer.stdout.setEncoding('utf8').on('data', (text) => {
      problem += text;
    });
    trainer.once('error', ({ message }) => resolve(message));
    trainer.once('close', (code) => resolve(problem.trim() || (code === 0 ? null : `the trainer ended with ${code}`)));
  });

/** Resolves with what went wrong, in one line; null: nothing. */
const runProgram = (args, { cwd, env = process.env }) =>
  new Promise((resolve) => {
    execFile(process.execPath, args, { cwd, env, timeout: 60_000 }, (error, _, stderr) => {
      resolve(error === null ? null : stderr.trim() || error.message);
    }).stdin.end();
  });

const train = async (dist) => {
  const folders = [stack, stack, stack, stack, large].map(makeFolder);
  const [running, fresh, hidden, launched, big] = folders;
  const cli = path.join(dist, 'cli.js');
  let isAlone = false;
  process.stdin.resume().once('close', () => {
    isAlone = true;
  });
  try {
    execFileSync(process.execPath, [cli, 'up', '-d'], { cwd: running, stdio: 'pipe' });
    const inBackground = { cwd: running, env: { ...process.env, MUSTER_BACKGROUND: '1' } };
    const work = [
      ...Object.entries(workOf({ fresh, launched, big })).map(([name, runs]) => ({
        name,
        runs,
        flags: [],
        how: { cwd: running },
      })),
      { name: 'up', runs: backgroundWork(hidden), flags: backgroundFlags, how: inBackground },
    ];
    for (const { name, runs, flags, how } of work) {
      const args = [...flags, runner, dist, name, JSON.stringify(runs)];
      const problem = isAlone ? 'the build is gone' : await runProgram(args, how);
      if (problem !== null) return `${name}: ${problem}`;
    }
    return null;
  } catch (error) {
    return String(error.stderr ?? error.message).trim();
  } finally {
    for (const cwd of [running, fresh, hidden, launched]) spawnSync(process.execPath, [cli, 'down'], { cwd, stdio: 'ignore' });
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }
};

if (process.argv[1] === self) {
  // Nobody may be there any more to read it.
  process.stdout.on('error', () => undefined);
  const problem = await train(process.argv[2]);
  if (problem !== null) process.stdout.write(problem);
  // The build holds its stdin open until it has heard of this end.
  process.stdin.destroy();
}
