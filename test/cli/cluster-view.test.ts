import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { cleanUpProjects, type Project, runMuster } from '../support/cli.ts';
import { createClusterProject } from '../support/cluster-project.ts';
import { type FakeCluster, goesWell, type Stored } from '../support/fake-cluster.ts';
import { until } from '../support/procs.ts';
import { hasTerminals, openTerminal } from '../support/terminal.ts';

const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0;

/** db ◄─ web */
const stack = {
  name: 'shop',
  services: {
    db: { image: 'postgres:16', command: 'postgres', port: 5432 },
    web: { image: 'app:1', command: 'web', port: 8080, depends_on: ['db'] },
  },
};

describe('--on kubernetes: what one sees of a boot', function () {
  let project: Project;
  let fake: FakeCluster;
  /** What the cluster was asked for and has not done yet. */
  let open: Stored[];

  beforeEach(async function () {
    if (!hasKubectl) this.skip();
    open = [];
    ({ fake, project } = await createClusterProject({ react: (object) => void open.push(object) }, stack));
  });

  afterEach(async () => {
    await fake?.close();
    await cleanUpProjects();
  });

  it('in a terminal the lines of a local boot, then the times and the verdict; and the prompt comes back', async function () {
    if (!hasTerminals()) this.skip();
    const terminal = await openTerminal(project, ['up', '--on', 'kubernetes'], { KUBECONFIG: project.path('kubeconfig') });
    await terminal.shows(/db +starting +[\d.]+ s +applied, waits for its pods/);
    await terminal.shows(/web +waiting +[\d.]+ s +waits for db/);
    await terminal.shows(/0 of 2 up · /);
    for (const object of open.splice(0)) goesWell(object, fake);
    await terminal.shows(/1 of 2 up · /);
    await until('web is applied', () => open.some(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'web'));
    for (const object of open.splice(0)) goesWell(object, fake);
    await terminal.shows(/shop is up after/);
    expect(await terminal.exited).to.equal(0);
    expect(terminal.text()).to.include('it runs on by itself: muster down --on kubernetes takes it away').and.not.match(/pid/);
  });

  it('--json has the events of a local boot', async () => {
    await fake.close();
    ({ fake, project } = await createClusterProject({ react: goesWell }, stack));
    const { code, stdout } = await runMuster(['up', '--on', 'kubernetes', '--json'], {
      cwd: project.folder,
      env: { KUBECONFIG: project.path('kubeconfig') },
    });
    expect(code).to.equal(0);
    const events = stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { type: string; service?: string; pid?: number | null; verdict?: string });
    expect(events.filter(({ service }) => service === 'db').map(({ type }) => type)).to.deep.equal([
      'serviceStarting',
      'serviceStarted',
      'serviceReady',
    ]);
    expect(events.flatMap(({ pid }) => pid ?? [])).to.deep.equal([]);
    expect(events.map(({ type }) => type).filter((type) => type.startsWith('stack') || type === 'runRecorded')).to.deep.equal([
      'stackStarting',
      'stackReady',
      'runRecorded',
    ]);
  });
});
