// `npm run bench -- watch`: what a `git checkout` of ten thousand watched files costs the supervisor, and what to watch them takes.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { cli, makeFolder, report } from './rig.mjs';

const files = 10_000;
const folder = makeFolder();
const git = (...args) => execFileSync('git', args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
const fill = (text) => {
  for (let index = 0; index < files; index += 1) {
    const home = path.join(folder, 'src', `d${index % 500}`);
    if (index < 500) mkdirSync(home, { recursive: true });
    writeFileSync(path.join(home, `f${index}.js`), `${text}${index}`);
  }
  git('add', '-A', 'src');
  git('-c', 'user.name=bench', '-c', 'user.email=bench@localhost', 'commit', '-qm', text);
  git('branch', text);
};
git('init', '-q', '.');
// Else it tidies up behind our back after a commit, and holds a lock meanwhile.
git('config', 'maintenance.auto', 'false');
git('config', 'gc.auto', '0');
fill('one');
fill('two');
writeFileSync(path.join(folder, 'services.yaml'), 'services: {web: {command: sleep 1000, watch: ["src/**"]}}\n');

const child = spawn(process.execPath, [cli, 'up', '--json'], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
const events = [];
const waiting = new Set();
createInterface({ input: child.stdout }).on('line', (line) => {
  events.push(JSON.parse(line));
  for (const look of waiting) look();
});
const until = (isSo) =>
  new Promise((resolve) => {
    const look = () => {
      if (!isSo()) return;
      waiting.delete(look);
      resolve();
    };
    waiting.add(look);
    look();
  });
const restarts = () => events.filter(({ type }) => type === 'serviceStopping').length;
const ups = () => events.filter(({ type }) => type === 'serviceReady').length;

/** Milliseconds of processor time, its own and the system's for it. */
const cpuOf = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
};
const memoryOf = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

await until(() => events.some(({ text }) => /^watching \d+ folders/.test(text ?? '')) && ups() === 1);
const before = cpuOf(child.pid);
git('checkout', '-q', 'one');
await until(() => ups() >= 2);
// What was left over would have been decided about before this one is.
const cost = cpuOf(child.pid) - before;
writeFileSync(path.join(folder, 'src', 'last.js'), '1');
await until(() => ups() >= 3);
const memory = memoryOf(child.pid);
const extra = restarts() - 2;
child.kill('SIGTERM');
await new Promise((resolve) => child.once('exit', resolve));

export const rows = [
  {
    what: 'git checkout of 10,000 watched files: processor time of the supervisor ÷ 2 s',
    ratio: cost / 2000,
    limit: 1,
    note: `${cost} ms, ${memory.toFixed(0)} MB resident`,
  },
  { what: 'git checkout of 10,000 watched files: restarts ÷ 1', ratio: 1 + extra, limit: 1 },
];
if (process.argv[2] === 'watch') {
  report(rows);
  if (rows.some(({ ratio, limit }) => ratio > limit)) process.exitCode = 1;
}
