import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import type { ProcessIdentity } from '../../lib/domain/process.ts';
import { projectId } from '../../lib/runtime/identity.ts';
import { createProcesses } from '../../lib/runtime/processes/create.ts';
import { createProject, runMuster } from '../support/cli.ts';
import { until } from '../support/procs.ts';
import { killNine } from '../support/signals.ts';
import { expectNothingLeft, memoryOf, program, readText, toYaml } from '../support/stack-rig.ts';

const rounds = 25;
const atOnce = 25;

describe('many up -d at once', () => {
  it(`F85: ${rounds} rounds of ${atOnce}, each but the first after the supervisor was killed, give one owner, and start nothing twice`, async function () {
    this.timeout(rounds * 60_000);
    const project = createProject({ 'witness/doubles': '' });
    const { isAlive } = createProcesses();
    const folder = join(dirname(project.folder), 'run', 'muster', projectId(project.folder));
    const service = (name: string) => ({
      command: program('witness.sh'),
      env: { NAME: name, WITNESS: project.path('witness') },
      ready: { notify: true },
    });
    project.write('services.yaml', toYaml({ db: service('db'), api: { ...service('api'), depends_on: ['db'] } }));
    const owners = (): readonly ProcessIdentity[] =>
      readdirSync(folder)
        .filter((name) => name.startsWith('lock.'))
        .map((name) => JSON.parse(readText(join(folder, name))) as ProcessIdentity)
        .filter(isAlive);
    const pids = new Set<string>();
    for (let round = 0; round < rounds; round += 1) {
      const ends = await Promise.all(Array.from({ length: atOnce }, () => runMuster(['up', '-d'], { cwd: project.folder })));
      const failed = ends.filter(({ code }) => code !== 0).map(({ code, stdout, stderr }) => `${code} ${stdout} ${stderr}`);
      expect(failed, `round ${round}`).to.deep.equal([]);
      const [owner, ...others] = owners();
      expect(others, `round ${round}`).to.deep.equal([]);
      const { running } = memoryOf(project);
      pids.add(['db', 'api'].map((name) => running[name]?.process?.pid).join(' '));
      expect([...pids], `round ${round}: the same processes all the time`).to.have.length(1);
      expect(readText(project.path('witness', 'doubles'))).to.equal('');
      if (owner === undefined || round === rounds - 1) continue;
      killNine(owner);
      await until('the supervisor is gone', () => !isAlive(owner));
    }
    expect((await runMuster(['down'], { cwd: project.folder })).code).to.equal(0);
    await expectNothingLeft(project);
  });
});
