// Makes a fresh clone ready with nothing but Node and npm: installs what the lock file names, builds what has changed.
// Runs before `npm start` and `npm test`; when there is nothing to do it costs a few milliseconds.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

const hashOf = (...entries) => {
  const hash = createHash('sha256');
  const add = (file) => {
    if (statSync(file).isDirectory()) {
      for (const name of readdirSync(file).sort()) if (name !== 'generated') add(path.join(file, name));
    } else hash.update(path.relative(root, file)).update('\0').update(readFileSync(file));
  };
  for (const entry of entries) add(path.join(root, entry));
  return hash.digest('hex');
};

const isCurrent = (stamp, wanted) => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;

const run = (title, command, args) => {
  process.stderr.write(`muster: ${title}\n`);
  // The output of the tools goes to stderr: what `npm start` prints on stdout is muster's alone.
  const done = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' });
  if (done.status !== 0) {
    process.stderr.write(`muster: ${title}: failed${done.error ? `: ${done.error.message}` : ''}\n`);
    process.exit(1);
  }
};

const installStamp = path.join(root, 'node_modules', '.muster-lock');
const lock = hashOf('package-lock.json');
if (!isCurrent(installStamp, lock)) {
  run('installing packages', 'npm', ['ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(installStamp, lock);
}

const buildStamp = path.join(root, 'dist', '.stamp');
const sources = `${lock}:${hashOf('lib', 'schemas', 'scripts', 'package.json', 'tsconfig.json', 'tsconfig.build.json')}`;
if (!isCurrent(buildStamp, sources)) {
  run('building', process.execPath, [path.join(root, 'scripts', 'build.mjs')]);
  mkdirSync(path.dirname(buildStamp), { recursive: true });
  writeFileSync(buildStamp, sources);
}
