import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { projectId } from '../../lib/runtime/identity.ts';
import { createProcesses } from '../../lib/runtime/processes/create.ts';
import { musterCommand } from '../support/cli.ts';
import { root } from './project.ts';

// Makes a folder, boots a stack in it where it is told to, says where it is, and stays.
const benchmark = `
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { makeFolder } from ${JSON.stringify(path.join(root, 'bench/folders.mjs'))};
const folder = makeFolder();
writeFileSync(folder + '/services.yaml', 'services: {web: {command: sleep 600}}');
if (process.argv[2] === 'up') execFileSync(process.execPath, [...JSON.parse(process.argv[3]), 'up', '-d'], { cwd: folder, stdio: 'ignore' });
console.log(folder);
if (process.argv[2] !== 'end') setInterval(() => undefined, 1000);
`;

type Benchmark = { readonly child: ChildProcess; readonly folder: string; readonly ended: Promise<number | string | null> };

describe('folders of benchmarks', () => {
  let base: string;
  const children: ChildProcess[] = [];
  beforeEach(() => {
    base = realpathSync(mkdtempSync(path.join(tmpdir(), 'muster-test-')));
    mkdirSync(path.join(base, 'run'), { mode: 0o700 });
    writeFileSync(path.join(base, 'benchmark.mjs'), benchmark);
  });
  afterEach(() => {
    for (const child of children) child.kill('SIGKILL');
    for (const folder of left()) spawnSync(process.execPath, [...musterCommand(), 'down'], { cwd: folder, env: environment() });
    rmSync(base, { recursive: true, force: true });
  });

  const environment = () => ({ PATH: process.env.PATH, HOME: base, TMPDIR: base, XDG_RUNTIME_DIR: path.join(base, 'run') });
  const left = (): readonly string[] =>
    readdirSync(base).flatMap((name) => (name.startsWith('muster-bench-') ? [path.join(base, name)] : []));

  const start = (what: 'stay' | 'up' | 'end'): Promise<Benchmark> => {
    const child = spawn(process.execPath, [path.join(base, 'benchmark.mjs'), what, JSON.stringify(musterCommand())], {
      env: environment(),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    const ended = new Promise<number | string | null>((resolve) =>
      child.once('close', (code, signal) => resolve(code ?? signal)),
    );
    return new Promise((resolve, reject) => {
      child.stdout.setEncoding('utf8').once('data', (text: string) => resolve({ child, folder: text.trim(), ended }));
      void ended.then((code) => reject(new Error(`ended with ${code}`)));
    });
  };

  it('are gone with a run that ends', async () => {
    const { ended } = await start('end');
    expect(await ended).to.equal(0);
    expect(left()).to.deep.equal([]);
  });

  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    it(`are gone, with what runs in them, when the run gets ${signal}`, async () => {
      const { child, folder, ended } = await start('up');
      const project = projectId(folder);
      expect(await createProcesses().findMarked(project)).to.have.length(1);
      child.kill(signal);
      expect(await ended).to.equal(code);
      expect(left()).to.deep.equal([]);
      expect(await createProcesses().findMarked(project)).to.deep.equal([]);
    });
  }

  it('of a run that was killed are gone, with what runs in them, when the next one begins; those of one that lives stay', async () => {
    const killed = await start('up');
    const project = projectId(killed.folder);
    const living = await start('stay');
    killed.child.kill('SIGKILL');
    await killed.ended;
    const other = path.join(base, 'muster-bench-of-nobody');
    mkdirSync(other);
    const next = await start('stay');
    expect(existsSync(killed.folder)).to.equal(false);
    expect(await createProcesses().findMarked(project)).to.deep.equal([]);
    expect([...left()].sort()).to.deep.equal([living.folder, next.folder, other].sort());
  });
});
