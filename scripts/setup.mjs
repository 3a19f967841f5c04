// Makes a fresh clone ready with nothing but Node and npm: installs what the lock file names, builds what has changed.
// Runs before `npm start` and `npm test`; when there is nothing to do it costs a few milliseconds.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runNpm } from './npm.mjs';
import { takeTurn } from './setup-lock.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const installStamp = path.join(root, 'node_modules', '.muster-setup');
const buildStamp = path.join(root, 'dist', '.stamp');

// stdout belongs to muster alone: whoever reads `npm start` in a pipe shall not find a package manager's words there.
const say = (text) => process.stderr.write(`muster: ${text}\n`);
const output = { cwd: root, stdio: ['ignore', 2, 2] };

const fail = (text) => {
  say(text);
  process.exit(1);
};

/** One hash over files and whole folders, with their names. */
const hashOf = (entries) => {
  const hash = createHash('sha256');
  const add = (file) => {
    if (statSync(file).isDirectory()) {
      // What the build itself writes does not count as changed.
      for (const name of readdirSync(file).sort()) if (name !== 'generated') add(path.join(file, name));
    } else hash.update(path.relative(root, file)).update('\0').update(readFileSync(file)).update('\0');
  };
  for (const entry of entries) if (existsSync(path.join(root, entry))) add(path.join(root, entry));
  return hash.digest('hex');
};

const isCurrent = (stamp, wanted) => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;

/** What has to be true of `node_modules` and `dist`. Tools are binaries: a folder shared with another system is installed again. */
const readWanted = () => {
  const packages = `${process.platform}-${process.arch}:${hashOf(['package-lock.json'])}`;
  const scripts = ['build.mjs', 'bundles.mjs', 'code-cache.mjs', 'warm-program.mjs'].map((name) => `scripts/${name}`);
  const sources = ['lib', 'schemas', ...scripts, 'package.json', 'tsconfig.json', 'tsconfig.build.json'];
  // What V8 is told of the programs holds for one version of it.
  return { packages, build: `${packages}:${process.versions.v8}:${hashOf(sources)}` };
};

const install = (wanted) => {
  say('installing packages …');
  // The stamp goes first and comes back last, so an installation that was cut short is done again.
  rmSync(installStamp, { force: true });
  // The tools that build and test are devDependencies: they are needed whatever NODE_ENV says here.
  const args = ['ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = runNpm(args, output);
  if (!npm.ok) fail(`npm could not install the packages (${npm.reason}); what it said is above. \`npm run setup\` tries again`);
  writeFileSync(installStamp, wanted);
};

const build = (wanted) => {
  say('building …');
  const done = spawnSync(process.execPath, [path.join(root, 'scripts', 'build.mjs')], output);
  if (done.status !== 0) fail('the build failed; what it said is above');
  writeFileSync(buildStamp, wanted);
};

const isReady = ({ packages, build }) => isCurrent(installStamp, packages) && isCurrent(buildStamp, build);

const setUp = async () => {
  if (isReady(readWanted())) return;
  const endTurn = await takeTurn(root, (pid) => say(`waiting for another setup in this folder (pid ${pid}) …`));
  process.once('exit', endTurn);
  // Ctrl-C reaches npm and the build too; we outlive them for a moment, to end the turn.
  process.once('SIGINT', () => process.exit(130));
  // Read again: whoever had the turn before has done it, most likely.
  const wanted = readWanted();
  if (!isCurrent(installStamp, wanted.packages)) install(wanted.packages);
  if (!isCurrent(buildStamp, wanted.build)) build(wanted.build);
  endTurn();
};

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) fail(`this needs Node 20.19 or newer; this is Node ${process.versions.node}`);

try {
  await setUp();
} catch (error) {
  const isReadOnly = ['EACCES', 'EPERM', 'EROFS'].includes(error.code);
  if (!isReadOnly) throw error;
  fail(`cannot write to ${root} (${error.code}): packages are installed and built there. Make it writable, or copy it elsewhere`);
}
