// node warm-program.mjs DIST NAME RUNS: does with a program what the starter does (lib/interfaces/cli/start.ts), for each of the command
// lines in RUNS, and writes down what V8 has compiled for that, under the flags of this process: they hold for those only.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Script } from 'node:vm';

const [dist, name, runs] = process.argv.slice(2);
const cli = path.join(dist, 'cli.js');
const filename = path.join(dist, 'programs', `${name}.js`);
const script = new Script(readFileSync(filename, 'latin1'), { filename });
const program = script.runInThisContext();
const require = createRequire(cli);
const load = (wanted) => import(wanted.startsWith('.') ? path.join(dist, wanted) : wanted);
const { exit } = process;
const conditions = [process.versions.v8, process.arch, ...process.execArgv.map(encodeURIComponent)];
const notes = `${name}.${conditions.join('.')}.cache`;
const left = JSON.parse(runs);

const runNext = () => {
  const args = left.shift();
  if (args === undefined) {
    writeFileSync(path.join(dist, 'programs', notes), script.createCachedData());
    exit(0);
  }
  process.argv = [process.execPath, cli, ...args];
  program(require, load, path.dirname(filename));
  // A stack of its own has nobody who ends it.
  if (name === 'up' && !args.includes('-d')) endWhenUp(path.dirname(args.at(-1)));
};

const endWhenUp = (folder) => {
  const timer = setInterval(() => {
    if (!isRemembered(folder)) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, 20);
};

/** The boot is over when it is remembered. */
const isRemembered = (folder) => {
  try {
    return JSON.parse(readFileSync(path.join(folder, '.server_memory.json'), 'utf8')).history.runs.length > 0;
  } catch {
    // Not yet there.
    return false;
  }
};

process.exit = (code) => {
  if ((code ?? 0) !== 0 && code !== 143) exit(code);
  process.removeAllListeners('uncaughtException');
  process.removeAllListeners('SIGTERM');
  setImmediate(runNext);
};
runNext();
