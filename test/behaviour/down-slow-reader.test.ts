import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { projectId } from '../../lib/runtime/identity.ts';
import { createProject, runMuster, startMuster } from '../support/cli.ts';
import { until } from '../support/procs.ts';
import { expectNothingLeft, toYaml } from '../support/stack-rig.ts';

/** So many that what is told of their end is more than what the system holds for one who does not read. */
const many = 150;

describe('muster down that is slow to read', () => {
  it('F95: is told the result, also when the stack has been down for a while', async function () {
    const services = Array.from({ length: many }, (_, index) => [`service-${index}`, { command: 'sleep 600', log: {} }] as const);
    const project = createProject({ 'services.yaml': toYaml(Object.fromEntries(services)) });
    const folder = join(dirname(project.folder), 'run', 'muster', projectId(project.folder));
    const up = await runMuster(['up', '-d'], { cwd: project.folder });
    expect(up.code, up.stderr).to.equal(0);

    const down = startMuster(['down'], { cwd: project.folder });
    await down.waitForLine(/stopp/);
    down.signal('SIGSTOP');
    await until('the stack is down', () => !readdirSync(folder).some((name) => name.startsWith('lock.')));
    down.signal('SIGCONT');
    const { code, stdout, stderr } = await down.done;
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(stdout).to.match(/nothing is left/);
    await expectNothingLeft(project);
  });
});
