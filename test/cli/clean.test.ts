import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { createProject, type Project, type RunResult, runMuster } from '../support/cli.ts';
import { expectNothingLeft } from '../support/stack-rig.ts';

const files = {
  'services.yaml': `
clean: [.cache/**]
services:
  api: {command: sleep 1000, clean: [dist, "*.tmp"]}
  docs: {command: sleep 1000, clean: site, profiles: [docs]}
`,
  '.cache/x': '',
  'dist/a': '',
  'b.tmp': '',
  'site/index.html': '',
};

describe('muster clean', () => {
  let project: Project;
  const muster = (...args: readonly string[]): Promise<RunResult> => runMuster(args, { cwd: project.folder });

  beforeEach(() => {
    project = createProject(files);
  });

  afterEach(async () => {
    await muster('down');
    await expectNothingLeft(project);
  });

  it('lists with --dry-run, and removes without it, what the stack and the services that take part name', async () => {
    const dry = await muster('clean', '--dry-run');
    expect(dry).to.deep.include({ code: 0, stdout: 'would remove .cache/x\nwould remove b.tmp\nwould remove dist/\n' });
    expect(existsSync(project.path('dist'))).to.equal(true);
    const { code, stdout } = await muster('clean', '--json');
    expect([code, JSON.parse(stdout)]).to.deep.equal([
      0,
      { dryRun: false, root: project.folder, removed: ['.cache/x', 'b.tmp', 'dist/'], failed: [] },
    ]);
    expect(existsSync(project.path('dist'))).to.equal(false);
    expect(existsSync(project.path('site/index.html'))).to.equal(true);
    expect(await muster('clean')).to.deep.include({ code: 0, stdout: 'nothing to clean\n' });
    expect((await muster('clean', 'docs')).stdout).to.equal('removed site/\n');
  });

  it('comes before a fresh start, is listed by its dry run, and is refused while the stack is up', async () => {
    const dry = await muster('up', '--fresh', '--dry-run');
    expect(dry.stdout).to.match(/would remove \.cache\/x\nwould remove b\.tmp\nwould remove dist\/\n$/);
    expect((await muster('up', '-d')).code).to.equal(0);
    expect(existsSync(project.path('dist'))).to.equal(true);
    const refused = await muster('clean');
    expect(refused.code).to.equal(5);
    expect(refused.stderr).to.match(/this stack is up.*"muster down" first/);
    await muster('down');
    expect((await muster('up', '-d', '--fresh')).code).to.equal(0);
    expect(existsSync(project.path('dist'))).to.equal(false);
  });
});
