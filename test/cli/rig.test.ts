import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { projectId } from '../../lib/runtime/identity.ts';
import { cleanUpProjects, createProject, startMuster } from '../support/cli.ts';
import { assertNoMarked } from '../support/procs.ts';

const stack = 'services:\n  api: { command: sleep 600 }\n';

describe('the rig for the real command', () => {
  it('waits for a line, passes signals on, and knows the end', async () => {
    const { folder } = createProject({ 'services.yaml': stack });
    const muster = startMuster(['up'], { cwd: folder });
    expect(await muster.waitForLine(/^\S+ api ready/)).to.match(/ api ready \(/);
    muster.signal('SIGINT');
    const { code, stdout } = await muster.done;
    expect(code).to.equal(130);
    expect(stdout).to.contain('nothing is left');
    await assertNoMarked(projectId(folder));
  });

  it('says what was printed when the awaited line never comes', async () => {
    const { folder } = createProject();
    const muster = startMuster(['check'], { cwd: folder });
    const error = await muster.waitForLine(/never said/).catch((reason: unknown) => reason);
    expect(String(error)).to.contain('ended without a line like /never said/').and.to.contain('file does not exist');
  });

  it('leaves no process and no folder behind when a test ends in the middle', async () => {
    const { folder } = createProject({ 'services.yaml': stack });
    await startMuster(['up'], { cwd: folder }).waitForLine(/^\S+ api ready/);
    const project = projectId(folder);
    await cleanUpProjects();
    await assertNoMarked(project);
    expect(existsSync(folder)).to.equal(false);
  });
});
