// Puts the peers into a folder outside the project, which is kept for the next time: from the npm registry, and Debian's packages, unpacked.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

const fromNpm = { pm2: '6', concurrently: '9', wireit: '0.14', turbo: '2', foreman: '3', mprocs: '0.7' };
const fromDebian = ['supervisor', 'runit'];

const cache = process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache');
export const folder = process.env.BENCH_PEERS ?? path.join(cache, 'muster-bench-peers');
const [npm, deb] = [path.join(folder, 'npm'), path.join(folder, 'deb')];

/** Answers with what could not be installed. */
export const installPeers = () => {
  mkdirSync(npm, { recursive: true });
  mkdirSync(deb, { recursive: true });
  const problems = [];
  if (!existsSync(path.join(npm, 'node_modules'))) {
    writeFileSync(path.join(npm, 'package.json'), JSON.stringify({ private: true, dependencies: fromNpm }));
    const done = spawnSync('npm', ['install', '--no-audit', '--no-fund'], { cwd: npm, stdio: ['ignore', 'ignore', 'inherit'] });
    if (done.status !== 0) problems.push('those from npm could not be installed');
  }
  if (!existsSync(path.join(deb, 'usr'))) {
    const done = spawnSync('apt-get', ['download', ...fromDebian], { cwd: deb, stdio: ['ignore', 'ignore', 'inherit'] });
    if (done.status !== 0) problems.push('those from Debian could not be loaded');
    for (const file of readdirSync(deb).filter((name) => name.endsWith('.deb')))
      execFileSync('dpkg', ['-x', path.join(deb, file), deb]);
  }
  return problems;
};

export const npmBin = (name) => path.join(npm, 'node_modules', '.bin', name);
export const debBin = path.join(deb, 'usr', 'bin');
export const debLib = path.join(deb, 'usr', 'lib');

/** A program that a peer needs beside itself. */
export const isOnPath = (name) => (process.env.PATH ?? '').split(':').some((at) => at !== '' && existsSync(path.join(at, name)));

export const versionOfNpm = (name) => {
  const file = path.join(npm, 'node_modules', name, 'package.json');
  return existsSync(file) ? JSON.parse(execFileSync('cat', [file], { encoding: 'utf8' })).version : null;
};

export const versionOfDebian = (name) =>
  readdirSync(deb)
    .find((file) => file.startsWith(`${name}_`) && file.endsWith('.deb'))
    ?.split('_')[1] ?? null;
