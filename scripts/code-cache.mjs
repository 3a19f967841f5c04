// Beside each program what V8 knows of it after it has run, so that the next start need not compile it: for the version of V8 that
// builds (all of a Node major share one, or nearly). Each program runs here as it would for a user, on a small stack of its own.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

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

const makeFolder = (text) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'muster-build-'));
  writeFileSync(path.join(folder, 'services.yaml'), text);
  return folder;
};

/** `dist`: a whole build. Answers what went wrong, in one line; null: nothing. The command works without all this. */
export const buildCodeCache = (dist) => {
  const [running, fresh, launched, big] = [stack, stack, stack, large].map(makeFolder);
  const cli = path.join(dist, 'cli.js');
  const muster = (...args) => execFileSync(process.execPath, [cli, ...args], { cwd: running, stdio: 'pipe' });
  try {
    muster('up', '-d');
    for (const [name, runs] of Object.entries(workOf({ fresh, launched, big }))) {
      const args = [runner, dist, name, JSON.stringify(runs)];
      const done = spawnSync(process.execPath, args, { cwd: running, encoding: 'utf8', timeout: 60_000 });
      if (done.status !== 0) return `${name}: ${done.stderr.trim() || done.error?.message || `exit code ${done.status}`}`;
    }
    return null;
  } catch (error) {
    return String(error.stderr ?? error.message).trim();
  } finally {
    for (const cwd of [running, launched]) spawnSync(process.execPath, [cli, 'down'], { cwd, stdio: 'ignore' });
    for (const folder of [running, fresh, launched, big]) rmSync(folder, { recursive: true, force: true });
  }
};
