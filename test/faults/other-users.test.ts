import { expect } from 'chai';
import { projectId } from '../../lib/runtime/identity.ts';
import { createProcesses } from '../../lib/runtime/processes/create.ts';
import { createProject } from '../support/cli.ts';
import { asUser, canBeOthers, giveTo, musterLine, openPath, startShell } from '../support/outsiders.ts';
import { isLiving, until } from '../support/procs.ts';
import { program, toYaml } from '../support/stack-rig.ts';

const service = { command: program('journals.sh'), ready: { notify: true } };

describe('processes of another user', () => {
  it('F56: one that may not be signalled is alive, and foreign: it is named, and lives on', async function () {
    if (!canBeOthers()) this.skip();
    const project = createProject({ 'services.yaml': toYaml({ db: service, api: { ...service, depends_on: ['db'] } }) });
    giveTo(project, 64_156);
    const up = startShell(project, `${asUser(64_156)} ${musterLine()} up -d`, { PATH: openPath });
    expect(await up.exited, up.stdout() + up.stderr()).to.equal(0);
    const services = async (): Promise<number[]> =>
      (await createProcesses().findMarked(projectId(project.folder, 64_156))).map(({ identity }) => identity.pid);
    const before = await services();
    // A third user sees the folder, and asks for what is not theirs.
    const other = startShell(project, `${asUser(64_157)} ${musterLine()} down`, { PATH: openPath });
    await other.exited;
    expect(before.length).to.be.at.least(2);
    expect(before.filter((pid) => !isLiving(pid))).to.deep.equal([]);
    const down = startShell(project, `${asUser(64_156)} ${musterLine()} down`, { PATH: openPath });
    expect(await down.exited, down.stdout() + down.stderr()).to.equal(0);
    await until('nothing is left', async () => (await services()).length === 0);
  });
});
