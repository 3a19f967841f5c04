import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { cleanUpProjects, type Project, runMuster, startMuster } from '../support/cli.ts';
import { createClusterProject } from '../support/cluster-project.ts';
import { type FakeCluster, goesWell } from '../support/fake-cluster.ts';

const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0;

const stack = {
  name: 'shop',
  services: {
    db: { image: 'postgres:16', command: 'postgres', port: 5432, env: { DB_PASSWORD: 'canary-91c4' } },
    web: { image: 'app:1', command: 'web', port: 8080, depends_on: ['db'] },
  },
};

describe('--on kubernetes: logs, and the namespace', function () {
  let project: Project;
  let fake: FakeCluster;

  before(function () {
    if (!hasKubectl) this.skip();
  });

  beforeEach(async () => {
    ({ fake, project } = await createClusterProject({ react: goesWell }, stack));
  });

  afterEach(async () => {
    await fake.close();
    await cleanUpProjects();
  });

  const env = () => ({ KUBECONFIG: project.path('kubeconfig') });
  const muster = (...args: readonly string[]) => runMuster([...args, '--on', 'kubernetes'], { cwd: project.folder, env: env() });
  const labelsOf = (name: string) => ({
    'app.kubernetes.io/name': name,
    'app.kubernetes.io/part-of': 'shop',
    'app.kubernetes.io/managed-by': 'muster',
  });
  const put = (pod: string, name: string, restartCount = 0): void =>
    fake.put('Pod', pod, {
      metadata: { name: pod, labels: labelsOf(name), generation: 1, resourceVersion: '' },
      status: { containerStatuses: [{ name: 'main', ready: true, restartCount, state: { running: {} } }] },
    });

  it('logs has the lines of all pods in the order of time, as JSON and by a pattern, too, and no secret', async () => {
    put('web-1', 'web');
    put('web-2', 'web');
    put('db-1', 'db');
    fake.logs.set('web-1', 'a1\na2\na3\n');
    fake.logs.set('web-2', 'b1\nb2\n');
    fake.logs.set('db-1', 'password is canary-91c4\n');
    const whole = await muster('logs');
    expect(whole.code, whole.stderr).to.equal(0);
    expect(whole.stdout).to.equal(
      ['db  │ password is ***', 'web │ a1', 'web │ b1', 'web │ a2', 'web │ b2', 'web │ a3', ''].join('\n'),
    );
    expect((await muster('logs', 'web', '-n', '2')).stdout).to.equal('b2\na3\n');
    expect((await muster('logs', '--grep', '^b')).stdout).to.equal('web │ b1\nweb │ b2\n');
    const [line = ''] = (await muster('logs', 'db', '--json')).stdout.split('\n');
    expect(JSON.parse(line)).to.deep.equal({
      at: '2026-01-01T00:00:00.000Z',
      service: 'db',
      stream: 'stdout',
      text: 'password is ***',
      pod: 'db-1',
    });
  });

  it('logs -f goes on with what comes: further pods, a lost connection, a restart, each line once, until Ctrl-C', async () => {
    put('web-1', 'web');
    fake.logs.set('web-1', 'old\nlast\n');
    const running = startMuster(['logs', '-f', '-n', '1', '--on', 'kubernetes'], { cwd: project.folder, env: env() });
    await running.waitForLine(/web │ last/);
    fake.write('web-1', 'one');
    await running.waitForLine(/web │ one/);
    fake.logs.set('db-1', 'first of db\n');
    put('db-1', 'db');
    await running.waitForLine(/db {2}│ first of db/);
    const again = fake.followed('web-1');
    fake.endLogs();
    fake.write('web-1', 'two');
    await running.waitForLine(/web │ two/);
    await again;
    fake.endWatches();
    put('web-1', 'web', 1);
    fake.write('web-1', 'three');
    await running.waitForLine(/web │ three/);
    running.signal('SIGINT');
    const { code, stdout } = await running.done;
    expect(code).to.equal(130);
    const lines = stdout.split('\n').filter((line) => line !== '');
    expect([...lines].sort()).to.deep.equal(['db  │ first of db', 'web │ last', 'web │ one', 'web │ two', 'web │ three'].sort());
  });

  it('logs -f tells once that it may not read what a service writes, and what to type, and goes on with the others', async () => {
    put('web-1', 'web');
    put('web-2', 'web');
    fake.forbidden.add('get pods/log');
    const running = startMuster(['logs', '-f', '--on', 'kubernetes'], { cwd: project.folder, env: env() });
    const line = await running.waitForLine(/muster logs: web: /);
    expect(line).to.match(
      /^muster logs: web: pods "web-[12]" is forbidden: User "jane" cannot get resource "pods\/log" in the namespace "team"; "kubectl auth can-i get pods --subresource=log --context x -n team" says whether you may read it; it is tried again every 10 s$/,
    );
    fake.forbidden.clear();
    fake.logs.set('db-1', 'first of db\n');
    put('db-1', 'db');
    await running.waitForLine(/db {2}│ first of db/);
    running.signal('SIGINT');
    const { stderr } = await running.done;
    expect(stderr.match(/forbidden/g)).to.have.lengthOf(1);
  });

  it('up waits for the service account of a namespace that was made just now', async () => {
    fake.namespace.state = 'absent';
    fake.namespace.hasAccount = false;
    const refused = await muster('up');
    expect(refused.code).to.equal(2);
    expect(refused.stderr).to.include('muster up: there is no namespace "team": give --create-namespace, or name another');
    const { code, stdout, stderr } = await muster('up', '--create-namespace');
    expect(code, stdout + stderr).to.equal(0);
    expect(fake.asked[0]).to.equal('create namespace');
  });

  it('up tells why a namespace cannot be made in the own words of the cluster, to their end', async () => {
    fake.namespace.state = 'absent';
    fake.forbidden.add('patch namespaces');
    const { code, stderr } = await muster('up', '--create-namespace');
    expect(code).to.equal(2);
    expect(stderr).to.include(
      'muster up: namespace "team" cannot be made: namespaces "team" is forbidden: User "jane" cannot patch resource "namespaces" in the namespace "team"\n',
    );
    expect(fake.asked).to.deep.equal([]);
  });

  it('up puts nothing into a namespace that is being deleted', async () => {
    fake.namespace.state = 'Terminating';
    const { code, stderr } = await muster('up', '--create-namespace');
    expect(code).to.equal(2);
    expect(stderr).to.include('namespace "team" is being deleted: wait until it is gone, or name another');
    expect(fake.asked).to.deep.equal([]);
  });
});
