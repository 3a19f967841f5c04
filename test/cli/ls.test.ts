import { mkdirSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { projectId } from '../../lib/runtime/identity.ts';
import { createProject, type Project, type RunResult, runMuster } from '../support/cli.ts';
import { isLiving, until } from '../support/procs.ts';
import { killNine } from '../support/signals.ts';
import { expectNothingLeft, memoryOf } from '../support/stack-rig.ts';

const stack = `
name: shop
services:
  db:
    command: sleep 1000
  web:
    command: sleep 1000
    depends_on: [db]
`;

type Listed = { readonly name: string; readonly root: string; readonly state: string; readonly supervisor: number };

describe('muster ls', () => {
  let project: Project;

  // Stacks without XDG_RUNTIME_DIR are looked for in the temporary folder: there, others may run theirs just now.
  const muster = (...args: readonly string[]): Promise<RunResult> =>
    runMuster(args, { cwd: project.folder, env: { TMPDIR: dirname(project.folder) } });
  const list = async (): Promise<readonly Listed[]> => JSON.parse((await muster('ls', '--json')).stdout) as readonly Listed[];

  beforeEach(() => {
    project = createProject({ 'services.yaml': stack });
  });

  afterEach(async () => {
    await muster('down');
    await expectNothingLeft(project);
  });

  it('is empty where nothing runs', async () => {
    expect(await muster('ls')).to.include({ code: 0, stdout: 'nothing is running here\n' });
    expect(await list()).to.deep.equal([]);
  });

  it('lists a stack from any folder: name, folder, environment, supervisor, services; and forgets it after down', async () => {
    await muster('up', '-d');
    const elsewhere = await runMuster(['ls'], { cwd: dirname(project.folder), env: { TMPDIR: dirname(project.folder) } });
    expect(elsewhere.stdout).to.match(/shop +up +2\/2 .* development /);
    const [listed] = await list();
    expect(listed).to.deep.include({
      name: 'shop',
      root: project.folder,
      environment: 'development',
      state: 'up',
      problem: null,
    });
    expect(listed).to.deep.include({ services: { up: 2, total: 2 } });
    expect(listed?.supervisor).to.equal(memoryOf(project).supervisor?.pid);
    await muster('down');
    expect(await list()).to.deep.equal([]);
  });

  it('marks one whose supervisor was killed, and says what to do', async () => {
    await muster('up', '-d');
    killNine(memoryOf(project).supervisor);
    expect(await list()).to.have.length(1);
    expect((await list())[0]).to.include({ name: 'shop', root: project.folder, state: 'stale' });
    expect((await muster('ls')).stdout)
      .to.match(/stale/)
      .and.to.match(/"muster down" ends it/);
  });

  it('forgets one that was killed when its folder is gone and nothing of it lives', async () => {
    await muster('up', '-d');
    killNine(memoryOf(project).supervisor);
    const [listed] = await list();
    expect(listed).to.include({ state: 'stale' });
    const { running } = memoryOf(project);
    const base = dirname(project.folder);
    const moved = `${project.folder}-moved`;
    renameSync(project.folder, moved);
    try {
      const listMoved = async (): Promise<readonly unknown[]> =>
        JSON.parse((await runMuster(['ls', '--json'], { cwd: base, env: { TMPDIR: base } })).stdout) as readonly unknown[];
      expect(await listMoved()).to.have.length(1);
      for (const service of Object.values(running)) killNine(service.process);
      const pids = Object.values(running).flatMap((service) => service.process?.pid ?? []);
      await until('they are gone', () => !pids.some(isLiving));
      expect(await listMoved()).to.deep.equal([]);
    } finally {
      // So that the end of the test finds its place again.
      renameSync(moved, project.folder);
    }
  });

  it('finds a stack that another session started, which has another XDG_RUNTIME_DIR; no second one is started beside it', async () => {
    await muster('up', '-d');
    const { supervisor } = memoryOf(project);
    const other = { cwd: project.folder, env: { TMPDIR: dirname(project.folder), XDG_RUNTIME_DIR: '' } };
    const status = JSON.parse((await runMuster(['status', '--json'], other)).stdout) as { readonly running: boolean };
    expect(status).to.include({ running: true });
    const again = await runMuster(['up', '-d'], other);
    expect(again).to.include({ code: 0 });
    expect(again.stdout).to.match(/joining it/);
    expect(memoryOf(project).supervisor).to.deep.equal(supervisor);
    expect((await runMuster(['logs', 'web', '-n', '1'], other)).code).to.equal(0);
    expect((await runMuster(['down'], other)).stdout).to.match(/nothing is left/);
    expect(await list()).to.deep.equal([]);
  });

  it('S-23: believes no note that is planted, damaged, or a link, and looks into no folder that others can write to', async () => {
    const run = join(dirname(project.folder), 'run', 'muster');
    const planted = (name: string, text: string): void => {
      mkdirSync(join(run, name), { recursive: true, mode: 0o700 });
      writeFileSync(join(run, name, 'stack.json'), text);
    };
    planted('0000000000000001', '{"root":"/x"');
    planted('0000000000000002', '[]');
    planted('0000000000000003', '{"root":1,"name":"x","environment":"x","since":0,"supervisor":{}}');
    planted('not-a-project', '{}');
    mkdirSync(join(run, '0000000000000004'), { mode: 0o777 });
    symlinkSync('/etc/passwd', join(run, '0000000000000004', 'stack.json'));
    symlinkSync(project.folder, join(run, projectId(project.folder)));
    expect(await muster('ls')).to.include({ code: 0, stdout: 'nothing is running here\n', stderr: '' });
    // So that the end of the test finds its place again.
    unlinkSync(join(run, projectId(project.folder)));
  });
});
