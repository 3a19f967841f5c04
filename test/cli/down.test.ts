import { expect } from 'chai';
import { createProject, type Project, type RunResult, runMuster } from '../support/cli.ts';
import { expectNothingLeft } from '../support/stack-rig.ts';

describe('what muster tells while it works', () => {
  let project: Project;
  const muster = (...args: readonly string[]): Promise<RunResult> => runMuster(args, { cwd: project.folder });

  afterEach(async () => {
    await muster('down');
    await expectNothingLeft(project);
  });

  it('broken ─► web: down says of no service that it was stopped when it had been skipped', async () => {
    project = createProject({
      'services.yaml': `
services:
  broken: { command: sh -c 'exit 3', restart: no, startup_delay: 30s }
  web: { command: sleep 1000, depends_on: [broken] }
  side: { command: sleep 1000 }
`,
    });
    await muster('up', '-d');
    const { code, stdout } = await muster('down');
    expect(code).to.equal(0);
    expect(stdout)
      .to.match(/ side stopped$/m)
      .and.not.to.match(/ web | broken /);
  });

  it('a damaged memory is told once, and what is forgotten by its name', async () => {
    project = createProject({
      'services.yaml': 'services: { side: { command: sleep 1000 } }\n',
      '.server_memory.json': 'rubbish',
    });
    const { stdout, stderr } = await muster('up', '-d');
    const told = `${stdout}${stderr}`.match(/cut off or damaged: .*forgotten/g);
    expect(told).to.deep.equal(['cut off or damaged: the boots that it remembered are forgotten']);
  });
});
