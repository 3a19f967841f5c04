import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { createProject, type Project, type RunResult, runMuster, startMuster } from '../support/cli.ts';
import { isLiving } from '../support/procs.ts';
import { expectNothingLeft, memoryOf, readText, toYaml } from '../support/stack-rig.ts';

// seed (task) ─► api
const stack = {
  seed: { type: 'task', command: `sh -c 'echo ran >> ran'`, inputs: ['input'] },
  api: { command: 'exec sleep 600', depends_on: ['seed'], clean: 'cache' },
};

describe('up --fresh where the stack runs', () => {
  let project: Project;
  const muster = (...args: readonly string[]): Promise<RunResult> => runMuster(args, { cwd: project.folder });
  const pidOfApi = (): number => memoryOf(project).running.api?.process?.pid ?? -1;

  beforeEach(async () => {
    project = createProject({ 'services.yaml': toYaml(stack), input: '' });
    expect((await muster('up', '-d')).code).to.equal(0);
    project.write('cache/thing', '');
  });
  afterEach(async () => {
    await muster('down');
    await expectNothingLeft(project);
  });

  it('takes it down first, cleans, and runs every task again', async () => {
    const before = pidOfApi();
    const { code, stdout, stderr } = await muster('up', '-d', '--fresh');
    expect([code, stderr]).to.deep.equal([0, 'muster up: the stack that runs here is taken down first, because of --fresh\n']);
    expect(stdout).to.match(/is up after/);
    expect([isLiving(before), isLiving(pidOfApi())]).to.deep.equal([false, true]);
    expect(readText(project.path('ran'))).to.equal('ran\nran\n');
    expect(existsSync(project.path('cache'))).to.equal(false);
  });

  it('without a terminal holds the new one itself', async () => {
    const before = pidOfApi();
    const up = startMuster(['up', '--fresh'], { cwd: project.folder });
    await up.waitForLine(/is up after/);
    expect(isLiving(before)).to.equal(false);
    up.signal('SIGINT');
    expect((await up.done).code).to.equal(130);
  });

  it('of some services is refused with what to type, and so is run --fresh; nothing is touched', async () => {
    const before = pidOfApi();
    const up = await muster('up', '-d', '--fresh', 'api');
    expect([up.code, up.stderr]).to.deep.equal([
      2,
      'muster up: this stack runs, and --fresh takes all of it down; "muster down && muster up --fresh --detach api" boots these afresh\n',
    ]);
    const more = await muster('up', '--fresh', '--env', 'test', '--no-deps', 'api');
    expect(more.stderr).to.contain('"muster down && muster up --fresh --no-deps --env test api"');
    const run = await muster('run', '--fresh', '--', 'true');
    expect(run.code).to.equal(5);
    expect(run.stderr).to.match(/"muster down" first, or leave --fresh out/);
    expect([pidOfApi(), isLiving(before)]).to.deep.equal([before, true]);
  });

  it('with --dry-run says that all of it would start anew', async () => {
    const { stdout } = await muster('up', '--fresh', '--dry-run');
    expect(stdout)
      .to.match(/^restart +seed +--fresh takes over nothing of an earlier run$/m)
      .and.to.match(/^restart +api +--fresh/m)
      .and.to.match(/^would remove cache/m)
      .and.not.to.contain('up would change nothing');
  });
});
