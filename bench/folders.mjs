// Temporary folders of benchmarks, which are gone with the run that made them: also with one that is interrupted, and, as soon as the
// next one makes a folder, with one that was killed.
import { spawnSync } from 'node:child_process';
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const cli = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'cli.js');

/** As long as `down` of a stack that was left may take, in milliseconds. */
const longestDown = 60_000;

const readOr = (file, otherwise) => {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return otherwise;
  }
};

/** In clock ticks since the machine's boot; null: there is no such process, or nobody can tell. */
const startOf = (pid) => {
  const stat = readOr(`/proc/${pid}/stat`, '');
  return stat.slice(stat.lastIndexOf(')')).split(' ')[20] ?? null;
};

const boot = readOr('/proc/sys/kernel/random/boot_id', '').slice(0, 8);

/** Who made a folder is in its name: a pid alone may be somebody else's by now. */
const prefix = `muster-bench-${process.pid}-${startOf(process.pid) ?? 0}-${boot || 'none'}-`;
const named = /^muster-bench-(\d+)-(\d+)-([0-9a-f]{8})-/;

/** Ends what runs there, and removes it. */
const removeFolder = (folder) => {
  // It is there while a supervisor lives, and after one was killed.
  const isUp = readdirSync(folder).some((name) => name.startsWith('.server_memory.json.lock-'));
  if (isUp) spawnSync(process.execPath, [cli, 'down'], { cwd: folder, stdio: 'ignore', timeout: longestDown });
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
};

/** What runs that were killed have left. Those of runs that live, or of which nobody can tell, stay. */
const removeLeft = () => {
  for (const name of readdirSync(tmpdir())) {
    const [, pid, start, bootOf] = named.exec(name) ?? [];
    if (pid === undefined || boot === '') continue;
    if (bootOf === boot && startOf(Number(pid)) === start) continue;
    const folder = path.join(tmpdir(), name);
    const stat = lstatSync(folder, { throwIfNoEntry: false });
    if (stat?.isDirectory() && stat.uid === process.getuid?.()) removeFolder(folder);
  }
};

const folders = [];
const endings = [];

export const makeFolder = () => {
  if (folders.length === 0) removeLeft();
  const folder = mkdtempSync(path.join(tmpdir(), prefix));
  folders.push(folder);
  return folder;
};

const removeAll = () => {
  for (const folder of folders.splice(0)) removeFolder(folder);
};

/** `end` runs when the benchmark is interrupted, before its folders go. It may return a promise. */
export const atInterrupt = (end) => endings.push(end);

process.on('exit', removeAll);
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
])
  process.once(signal, () => void Promise.allSettled(endings.map((end) => end())).finally(() => process.exit(code)));
