import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { cleanUpProjects, type Project, runMuster, startMuster } from '../support/cli.ts';
import { createClusterProject } from '../support/cluster-project.ts';
import { type FakeCluster, goesWell } from '../support/fake-cluster.ts';

const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0;

/** Writes down which hook it is, and of what the cluster has been asked by then. */
const note = (what: string): string => `echo "${what} $MUSTER_HOOK $MUSTER_NAMESPACE" >> told`;

/** db ◄─ web */
const stack = {
  name: 'shop',
  env: { API_TOKEN: '${API_TOKEN}' },
  hooks: Object.fromEntries(['before_up', 'after_up', 'before_down', 'after_down'].map((name) => [name, note('stack')])),
  services: {
    db: {
      image: 'postgres:16',
      command: 'postgres',
      port: 5432,
      hooks: {
        before_start: note('db'),
        after_ready: 'echo "db ${db.host}:${db.port} $API_TOKEN ${API_TOKEN}" >> told',
        before_stop: note('db'),
        after_stop: note('db'),
      },
    },
    web: { image: 'app:1', command: 'web', port: 8080, depends_on: ['db'], hooks: { before_start: note('web') } },
  },
};

describe('--on kubernetes: hooks', function () {
  let project: Project;
  let fake: FakeCluster;

  before(function () {
    if (!hasKubectl) this.skip();
  });

  afterEach(async () => {
    await fake.close();
    await cleanUpProjects();
  });

  const start = async (content: unknown): Promise<void> => {
    ({ fake, project } = await createClusterProject({ react: goesWell }, content));
  };
  let token = '';
  beforeEach(() => {
    token = 'canary-7d20';
  });
  const muster = (...args: readonly string[]) =>
    runMuster([...args, '--on', 'kubernetes'], {
      cwd: project.folder,
      env: { KUBECONFIG: project.path('kubeconfig'), API_TOKEN: token },
    });
  const told = (): readonly string[] =>
    existsSync(project.path('told')) ? readFileSync(project.path('told'), 'utf8').split('\n').slice(0, -1) : [];

  it('run on this machine, at the points of a local boot, with the addresses and the namespace of the cluster', async () => {
    await start(stack);
    const up = await muster('up');
    expect(up.code, up.stdout + up.stderr).to.equal(0);
    const lines = told();
    expect(lines[0]).to.equal('stack before_up team');
    expect(lines.at(-1)).to.equal('stack after_up team');
    expect(lines.slice(1, -1)).to.have.members([
      'db before_start team',
      'db db:5432 canary-7d20 canary-7d20',
      'web before_start team',
    ]);
    expect(lines.indexOf('db before_start team')).to.be.lessThan(lines.indexOf('web before_start team'));
    expect(up.stdout + up.stderr).not.to.include('canary');
    const down = await muster('down');
    expect(down.code, down.stdout + down.stderr).to.equal(0);
    expect(told().slice(lines.length)).to.deep.equal([
      'stack before_down team',
      'db before_stop team',
      'db after_stop team',
      'stack after_down team',
    ]);
    const after = told().length;
    await muster('down');
    expect(told()).to.have.lengthOf(after);
  });

  it('a before_up that fails keeps everything from being applied; a before_start its own service and those that need it', async () => {
    await start({ ...stack, hooks: { before_up: 'echo no disk; exit 4' } });
    const refused = await muster('up');
    expect(refused.code).to.equal(1);
    expect(refused.stdout).to.include(
      'shop failed: the before_up hook exited with code 4: no disk (logs/muster.hooks.log); nothing runs: mend it, then muster up --on kubernetes',
    );
    expect(fake.asked).to.deep.equal([]);
    expect(existsSync(project.path('.server_memory.json'))).to.equal(false);
    const { db, web } = stack.services;
    const services = { db, web: { ...web, hooks: { before_start: 'echo not yet; exit 3' } } };
    project.write('services.yaml', JSON.stringify({ ...stack, hooks: {}, services }));
    const { code, stdout } = await muster('up');
    expect(code).to.equal(1);
    expect(stdout).to.include('web failed: its before_start hook exited with code 3: not yet');
    expect(fake.asked.some((line) => line.startsWith('apply Deployment web'))).to.equal(false);
  });

  it('what has to be rolled out goes in its turn, behind before_up: a field that somebody changed, a secret with another value', async () => {
    await start(stack);
    await muster('up');
    const [lines, from] = [told().length, fake.asked.length];
    const rolledOut = (): readonly string[] => fake.asked.slice(from).filter((line) => line.startsWith('apply Deployment'));
    // Nothing has to be.
    expect((await muster('up')).stdout).to.include('nothing was changed');
    expect(fake.asked.slice(from)).to.deep.equal([]);
    expect(told()).to.have.lengthOf(lines);

    const { spec } = fake.objects('Deployment').find(({ metadata }) => metadata.name === 'web') ?? {};
    fake.put('Deployment', 'web', { spec: { ...(spec as object), paused: true } });
    const refusing = JSON.stringify({ ...stack, hooks: { before_up: 'exit 4' } });
    project.write('services.yaml', refusing);
    expect((await muster('up')).code).to.equal(1);
    token = 'canary-another';
    expect((await muster('up')).code).to.equal(1);
    expect(fake.asked.slice(from)).to.deep.equal([]);

    token = 'canary-7d20';
    project.write('services.yaml', JSON.stringify(stack));
    const { code, stdout, stderr } = await muster('up');
    expect(code, stdout + stderr).to.equal(0);
    expect(told().slice(lines)).to.deep.equal(['stack before_up team', 'web before_start team', 'stack after_up team']);
    expect(rolledOut()).to.deep.equal(['apply Deployment web']);

    token = 'canary-another';
    expect((await muster('up')).code).to.equal(0);
    expect(rolledOut().slice(1)).to.deep.equal(['apply Deployment db', 'apply Deployment web']);
  });

  it('what before_up changes on the cluster is seen', async () => {
    await start({ ...stack, hooks: {} });
    await muster('up');
    const from = fake.asked.length;
    const { db, web } = stack.services;
    // It runs because of web, and db stands there when it begins.
    project.write(
      'services.yaml',
      JSON.stringify({
        ...stack,
        hooks: { before_up: 'until [ -s changed ]; do sleep 0.05; done' },
        services: { db, web: { ...web, command: 'web 2' } },
      }),
    );
    const running = startMuster(['up', '--on', 'kubernetes'], {
      cwd: project.folder,
      env: { KUBECONFIG: project.path('kubeconfig'), API_TOKEN: token },
    });
    await running.waitForLine(/the before_up hook runs/);
    const { spec } = fake.objects('Deployment').find(({ metadata }) => metadata.name === 'db') ?? {};
    fake.put('Deployment', 'db', { spec: { ...(spec as object), paused: true } });
    project.write('changed', 'yes');
    expect((await running.done).code).to.equal(0);
    expect(fake.asked.slice(from).filter((line) => line.startsWith('apply Deployment'))).to.deep.equal([
      'apply Deployment db',
      'apply Deployment web',
    ]);
  });

  it('one that fails on the way down is told, and the rest goes on', async () => {
    await start(stack);
    await muster('up');
    const { db, web } = stack.services;
    const services = { db: { ...db, hooks: { before_stop: 'exit 5' } }, web };
    project.write('services.yaml', JSON.stringify({ ...stack, hooks: {}, services }));
    const { code, stdout } = await muster('down');
    expect(code).to.equal(0);
    expect(stdout)
      .to.include('db: its before_stop hook exited with code 5; the stop goes on')
      .and.match(/nothing is left\n$/);
  });

  it('restart runs those of its services and not those of the stack', async () => {
    await start(stack);
    await muster('up');
    const before = told().length;
    expect((await muster('restart', 'web')).code).to.equal(0);
    expect(told().slice(before)).to.deep.equal(['web before_start team']);
  });
});
