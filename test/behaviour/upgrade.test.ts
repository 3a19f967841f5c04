import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { createProject, type Project, type RunResult } from '../support/cli.ts';
import { isLiving, until } from '../support/procs.ts';
import { expectNothingLeft, toYaml } from '../support/stack-rig.ts';

const root = dirname(dirname(import.meta.dirname));

type Told = { readonly name: string; readonly state: string; readonly pid: number };

/** The same build with other names for its chunks, as after a change of the sources. */
const renameChunks = (dist: string): void => {
  const rename = (text: string): string => text.replaceAll(/-([A-Z0-9]{8})(?=\.mjs)/g, '-$1X');
  for (const file of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.mjs')) continue;
    writeFileSync(join(dist, file), rename(readFileSync(join(dist, file), 'utf8')));
    renameSync(join(dist, file), join(dist, rename(file)));
  }
};

describe('an upgrade of muster under a stack that runs', () => {
  let project: Project;
  let dist: string;

  const start = (...args: readonly string[]): Promise<RunResult> => {
    const { PATH = '' } = process.env;
    const env = { PATH, HOME: dirname(project.folder), XDG_RUNTIME_DIR: join(dirname(project.folder), 'run') };
    return new Promise((resolve) => {
      execFile(process.execPath, [join(dist, 'cli.js'), ...args], { cwd: project.folder, env }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), signal: error?.signal ?? null, stdout, stderr });
      });
    });
  };
  const upgrade = (): void => {
    rmSync(dist, { recursive: true });
    cpSync(join(root, 'dist'), dist, { recursive: true });
    renameChunks(dist);
  };
  const services = async (): Promise<readonly Told[]> => {
    const told = JSON.parse((await start('status', '--json')).stdout) as { readonly services: readonly Told[] };
    return told.services;
  };

  beforeEach(() => {
    const db = { command: `sh -c 'echo hello; exec sleep 600'` };
    project = createProject({ 'services.yaml': toYaml({ db, web: { command: 'sleep 600', depends_on: ['db'] } }) });
    const install = join(dirname(project.folder), 'install');
    mkdirSync(install);
    cpSync(join(root, 'package.json'), join(install, 'package.json'));
    symlinkSync(join(root, 'node_modules'), join(install, 'node_modules'));
    dist = join(install, 'dist');
    cpSync(join(root, 'dist'), dist, { recursive: true });
  });

  /** With the new one, all that the old one does for it: told, read, started again, reloaded. */
  const expectInCharge = async (): Promise<void> => {
    expect((await services()).map(({ name, state }) => `${name} ${state}`)).to.deep.equal(['db ready', 'web ready']);
    await until('what it says is shown', async () => (await start('logs', '--tail', '5')).stdout.includes('hello'));
    const [db] = await services();
    const restarted = await start('restart');
    expect(restarted.code, `${restarted.stdout}${restarted.stderr}`).to.equal(0);
    expect(isLiving(db?.pid ?? -1)).to.equal(false);
    expect((await services()).map(({ name, state }) => `${name} ${state}`)).to.deep.equal(['db ready', 'web ready']);
    expect((await start('why', 'db')).code).to.equal(0);
    const page = await start('dashboard', '--no-open');
    expect(page.stdout, page.stderr).to.match(/^http:\/\/127/);
  };

  it('the one in the background goes on: status, logs, restart, up and down of the new one work with it', async () => {
    expect((await start('up', '-d')).stdout).to.contain('is up after');
    upgrade();
    await expectInCharge();
    project.write('services.yaml', toYaml({ db: { command: 'sleep 601' }, web: { command: 'sleep 600', depends_on: ['db'] } }));
    const up = await start('up', '-d');
    expect([up.code, up.stdout], up.stderr).to.deep.include(0);
    const down = await start('down');
    expect([down.code, down.stdout], down.stderr).to.deep.include(0);
    expect(down.stdout).to.contain('nothing is left');
    await expectNothingLeft(project);
  });

  it('so does that of muster run, until its command has ended', async () => {
    const run = start('run', '--', 'sh', '-c', 'touch begun; until [ -e go ]; do sleep 0.05; done');
    try {
      await until('the command runs', () => readdirSync(project.folder).includes('begun'));
      upgrade();
      await expectInCharge();
    } finally {
      // Also when it has failed: nobody else would end it.
      project.write('go', '');
      await run;
    }
    const { code, stderr } = await run;
    expect(code, stderr).to.equal(0);
    await expectNothingLeft(project);
  });
});
