import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { cleanUpProjects, type Project, runMuster, startMuster } from '../support/cli.ts';
import { createClusterProject } from '../support/cluster-project.ts';
import { type FakeCluster, type FakeOptions, goesWell, type Stored } from '../support/fake-cluster.ts';

/** db ◄─ migrate ◄─ api ◄─ web; mail (optional) ◄┄ web */
const stack = {
  name: 'shop',
  services: {
    db: { image: 'postgres:16', command: 'postgres', port: 5432, env: { POSTGRES_PASSWORD: 'canary-91c4' } },
    migrate: { type: 'task', image: 'app:1', command: 'migrate', depends_on: ['db'] },
    api: { image: 'app:1', command: ['api', '--token', '${API_TOKEN}'], port: 3000, replicas: 2, depends_on: ['migrate'] },
    mail: { image: 'mail:1', command: 'mail', port: 25, optional: true },
    web: { image: 'app:1', command: 'web', port: 8080, depends_on: { api: {}, mail: {} } },
  },
};

type Memory = { readonly history: { readonly runs: readonly unknown[] } };

const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0;

/** kubectl itself, in front of an API that is made up: the real cluster suite needs a real cluster. */
describe('--on kubernetes', function () {
  let project: Project;
  let fake: FakeCluster;

  const start = async (options: FakeOptions = { react: goesWell }, content: unknown = stack): Promise<void> => {
    ({ fake, project } = await createClusterProject(options, content));
  };

  const muster = (...args: readonly string[]) =>
    runMuster([...args, '--on', 'kubernetes'], {
      cwd: project.folder,
      env: { KUBECONFIG: project.path('kubeconfig'), API_TOKEN: 'canary-7d20' },
    });

  before(function () {
    if (!hasKubectl) this.skip();
  });

  afterEach(async () => {
    await fake.close();
    await cleanUpProjects();
  });

  const applied = (): readonly string[] =>
    fake.asked.filter((line) => /^apply (Deployment|Job)/.test(line)).map((line) => line.replace(/^apply |-[0-9a-f]{8}$/g, ''));

  it('up applies in the order of the graph, each when what it needs is ready, and remembers the boot', async () => {
    await start();
    const { code, stdout, stderr } = await muster('up');
    expect(code, stdout + stderr).to.equal(0);
    const order = applied();
    expect(order.filter((line) => line !== 'Deployment mail')).to.deep.equal([
      'Deployment db',
      'Job migrate',
      'Deployment api',
      'Deployment web',
    ]);
    expect(order.indexOf('Deployment mail')).to.be.lessThan(order.indexOf('Deployment web'));
    expect(stdout)
      .to.include('shop: 5 services, development')
      .and.include('in namespace team')
      .and.include('shop is up after')
      .and.match(/migrate completed/);
    expect(readFileSync(project.path('.server_memory.json'), 'utf8'))
      .to.include('up --on kubernetes')
      .and.not.to.include('canary');
    project.write('services.yaml', 'services: {db: {command: sleep 1}, api: {command: sleep 1}}');
    const here = await runMuster(['stats'], { cwd: project.folder });
    const there = await muster('stats');
    expect(here.stdout + here.stderr).not.to.match(/^api +1/m);
    expect(there.stdout, there.stderr).to.match(/^api +1/m);
  });

  it('S-29: values of secrets go into Secrets of the cluster and nowhere else', async () => {
    await start();
    const { stdout, stderr } = await muster('up');
    expect(stdout + stderr).not.to.match(/canary-(91c4|7d20)/);
    const text = JSON.stringify(['Deployment', 'Job', 'Service'].flatMap((kind) => fake.objects(kind)));
    expect(text).not.to.match(/canary-(91c4|7d20)/);
    const secrets = fake
      .objects('Secret')
      .map((secret) => [secret.metadata.name, (secret as unknown as { data: Record<string, string> }).data] as const);
    const values = Object.fromEntries(
      secrets.flatMap(([name, data]) =>
        Object.entries(data).map(([key, value]) => [`${name}/${key}`, Buffer.from(value, 'base64').toString()]),
      ),
    );
    expect(values).to.deep.equal({ 'db-env/POSTGRES_PASSWORD': 'canary-91c4', 'api-env/API_TOKEN': 'canary-7d20' });
    expect(text).to.include('"$(API_TOKEN)"');
  });

  it('a failure is told in one sentence with the last lines, and what needs it is not applied', async () => {
    await start({
      react: (object, cluster) => {
        if (object.kind !== 'Job') {
          goesWell(object, cluster);
          return;
        }
        const { metadata, spec } = object;
        const labels = {
          ...(spec as { template: { metadata: { labels: object } } }).template.metadata.labels,
          'job-name': metadata.name,
        };
        const pod = `${metadata.name}-pod`;
        cluster.logs.set(pod, 'table users is locked\n');
        cluster.put('Pod', pod, {
          metadata: { name: pod, labels, generation: 1, resourceVersion: '' },
          status: { containerStatuses: [{ ready: false, state: { terminated: { exitCode: 7, reason: 'Error' } } }] },
        });
        cluster.put('Job', metadata.name, {
          status: { failed: 1, conditions: [{ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded' }] },
        });
      },
    });
    const { code, stdout } = await muster('up');
    expect(code).to.equal(1);
    expect(stdout)
      .to.include(
        'migrate failed: exited with code 7; it said: table users is locked\n  last lines of its pod:\n  │ table users is locked',
      )
      .and.include('  kept from starting: api → migrate, web → api → migrate\n')
      .and.include('  next: muster logs migrate --on kubernetes, then muster up --on kubernetes\n');
    expect(applied()).not.to.include('Deployment api');
  });

  /** Pods come, and their image cannot be pulled. */
  const withoutImage: FakeOptions['react'] = (object, cluster) => {
    if (object.kind !== 'Deployment') return;
    const { labels } = (object.spec as { template: { metadata: { labels: Record<string, string> } } }).template.metadata;
    const state = { waiting: { reason: 'ImagePullBackOff' } };
    cluster.events.push({
      involvedObject: { name: 'db-pod' },
      reason: 'Failed',
      message: 'Failed to pull image "postgres:16": manifest unknown',
    });
    cluster.put('Pod', 'db-pod', {
      metadata: { name: 'db-pod', labels, generation: 1, resourceVersion: '' },
      status: { containerStatuses: [{ ready: false, image: 'postgres:16', state }] },
    });
  };

  it('what is not ready in time ends with 4, and with what it waited for', async () => {
    await start({ react: withoutImage }, { services: { db: { image: 'postgres:16', port: 5432, health_timeout: '1s' } } });
    const { code, stdout } = await muster('up');
    expect(code, stdout).to.equal(4);
    expect(stdout).to.include(
      'db failed: was not ready within 1.0 s\n  last probe: its image postgres:16 does not exist, or not with this tag\n',
    );
  });

  it('Ctrl-C leaves what was applied, says so, and ends with 130', async () => {
    await start({ react: withoutImage }, { services: { db: { image: 'postgres:16', port: 5432 } } });
    const env = { KUBECONFIG: project.path('kubeconfig') };
    const running = startMuster(['up', '--on', 'kubernetes'], { cwd: project.folder, env });
    await running.waitForLine(/db starting: its image postgres:16 does not exist/);
    running.signal('SIGINT');
    const { code, stderr } = await running.done;
    expect(code).to.equal(130);
    expect(stderr).to.include('interrupted; what was applied is still there: "muster down --on kubernetes" takes it away');
    expect(fake.objects('Deployment')).to.have.lengthOf(1);
  });

  it('a field of somebody else is a failure that names him, and --force takes it over', async () => {
    await start();
    fake.owned.set('Deployment/db', { field: 'spec.replicas', manager: 'kubectl-scale' });
    const refused = await muster('up');
    expect(refused.code).to.equal(1);
    expect(refused.stdout).to.include(
      'Deployment db was not applied: spec.replicas belongs to kubectl-scale; --force takes it over',
    );
    expect((await muster('up', '--force')).code).to.equal(0);
  });

  it('up once more applies the same, and removes what left the file', async () => {
    await start();
    await muster('up');
    const { web: _, ...rest } = stack.services;
    project.write('services.yaml', JSON.stringify({ ...stack, services: rest }));
    const { code, stderr } = await muster('up');
    expect(code, stderr).to.equal(0);
    expect(stderr).to.include('removed: Deployment web, which is not in the file any more').and.include('removed: Service web');
    expect(fake.objects('Deployment').map(({ metadata }) => metadata.name)).to.have.members(['db', 'api', 'mail']);
  });

  it('what stands there of another profile stays, and goes when it leaves the file', async () => {
    const extra = { image: 'adminer:5', command: 'adminer', port: 8081, profiles: ['debug'] };
    const withExtra = { ...stack, services: { ...stack.services, adminer: extra } };
    await start({ react: goesWell }, withExtra);
    expect((await muster('up', '--profile', 'debug')).code).to.equal(0);
    const names = (): readonly string[] => fake.objects('Deployment').map(({ metadata }) => metadata.name);
    expect(names()).to.include('adminer');
    const plain = await muster('up');
    expect(plain.code, plain.stderr).to.equal(0);
    expect(plain.stderr).not.to.include('removed');
    expect(names()).to.include('adminer');
    project.write('services.yaml', JSON.stringify(stack));
    expect((await muster('up')).stderr).to.include('removed: Deployment adminer, which is not in the file any more');
    expect(names()).not.to.include('adminer');
  });

  it('up with names applies these with what they need, by their addresses on the cluster', async () => {
    await start(
      { react: goesWell },
      { ...stack, services: { ...stack.services, api: { ...stack.services.api, env: { MAIL: '${mail.host}:${mail.port}' } } } },
    );
    const { code, stderr } = await muster('up', 'api');
    expect(code, stderr).to.equal(0);
    expect(applied()).to.deep.equal(['Deployment db', 'Job migrate', 'Deployment api']);
    expect(JSON.stringify(fake.objects('Deployment'))).to.include('"value":"mail:25"');
    expect((await muster('up', 'nobody')).stderr).to.include('there is no service "nobody"');
  });

  it('what stands there unchanged is not applied again, waits for no delay, and is no boot; another secret makes new pods', async () => {
    const [api, web] = [stack.services.api, { ...stack.services.web, wait_before_start: '1h' }];
    const services = { ...stack.services, web: stack.services.web };
    await start({ react: goesWell }, { ...stack, services });
    expect((await muster('up')).code).to.equal(0);
    const runs = async (): Promise<number> =>
      (JSON.parse(readFileSync(project.path('.server_memory.json'), 'utf8')) as Memory).history.runs.length;
    const before = await runs();
    const annotation = (name: string): unknown => {
      const { spec } = fake.objects('Deployment').find(({ metadata }) => metadata.name === name) ?? {};
      return (spec as { template: { metadata: { annotations?: object } } }).template.metadata.annotations;
    };
    const [old, other] = [annotation('api'), annotation('mail')];
    expect(old).to.have.keys('muster/secret');
    expect(other).to.equal(undefined);
    const asked = fake.asked.length;
    const again = await muster('up');
    expect(fake.asked.slice(asked)).to.deep.equal([]);
    expect(again.code, again.stdout + again.stderr).to.equal(0);
    expect(again.stdout).to.include('nothing was changed').and.include('shop is up');
    expect(await runs()).to.equal(before);
    // The delay is not part of what is applied, and whoever is there has had his.
    project.write('services.yaml', JSON.stringify({ ...stack, services: { ...stack.services, api, web } }));
    expect((await muster('up')).stdout).to.include('nothing was changed');
    const changed = await runMuster(['up', '--on', 'kubernetes'], {
      cwd: project.folder,
      env: { KUBECONFIG: project.path('kubeconfig'), API_TOKEN: 'canary-another' },
    });
    expect(changed.code, changed.stdout + changed.stderr).to.equal(0);
    expect(annotation('api')).to.have.keys('muster/secret').and.not.to.deep.equal(old);
  });

  it('restart makes new pods and Jobs in the order of the graph, and records no boot', async () => {
    await start();
    await muster('up');
    const from = fake.asked.length;
    const { code, stdout, stderr } = await muster('restart', 'api', 'migrate');
    expect(code, stdout + stderr).to.equal(0);
    const asked = fake.asked.slice(from).map((line) => line.replace(/-[0-9a-f]{8}$/, ''));
    expect(asked.filter((line) => /Deployment|Job/.test(line))).to.deep.equal([
      'remove Job migrate',
      'apply Job migrate',
      'apply Deployment api',
      'renew Deployment api',
    ]);
    expect(readFileSync(project.path('.server_memory.json'), 'utf8').split('up --on kubernetes')).to.have.lengthOf(2);
  });

  it('status tells each with its real reason, and logs have the lines of the pods', async () => {
    await start({
      react: (object: Stored, cluster) => {
        goesWell(object, cluster);
        if (object.kind !== 'Deployment' || object.metadata.name !== 'web') return;
        const labels = (object.spec as { template: { metadata: { labels: Record<string, string> } } }).template.metadata.labels;
        cluster.put('Deployment', 'web', {
          status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 },
        });
        cluster.put('Pod', 'web-pod', { metadata: { name: 'web-pod', labels, generation: 1, resourceVersion: '' } });
        cluster.logs.set('web-pod', 'one\ntwo\nthree\n');
      },
    });
    expect((await muster('up')).code).to.equal(0);
    fake.put('Deployment', 'web', { status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 0 } });
    fake.put('Pod', 'web-pod', {
      status: {
        containerStatuses: [
          { ready: false, started: true, restartCount: 1, image: 'app:1', state: { waiting: { reason: 'ImagePullBackOff' } } },
        ],
      },
    });
    const { code, stdout } = await muster('status');
    expect(code).to.equal(0);
    expect(stdout)
      .to.match(/^shop: restarting, 4 of 5 up, /)
      .and.match(/^✓ +db +ready +5432 .* 0$/m)
      .and.match(/^✓ +api +ready +3000 .* 0 +2 of 2 pods ready$/m)
      .and.match(/^✓ +migrate +completed/m);
    expect(stdout).to.match(/^\S +web +starting +8080 .* 1 +0 of 1 pod ready: its image app:1 cannot be pulled$/m);
    const { services, ...rest } = JSON.parse((await muster('status', '--json')).stdout) as {
      services: readonly { name: string; state: string; reason: string | null; restarts: number }[];
    };
    expect(rest).to.include({ running: true, name: 'shop', settled: false, verdict: null, namespace: 'team' });
    expect(services.find(({ name }) => name === 'web')).to.include({
      state: 'starting',
      reason: 'its image app:1 cannot be pulled',
      restarts: 1,
      pid: null,
    });
    expect((await muster('logs', 'web', '--tail', '2')).stdout).to.equal('two\nthree\n');
  });

  it('down takes all of it away, dependents first, and proves that nothing is left', async () => {
    await start();
    await muster('up');
    const { code, stdout, stderr } = await muster('down');
    expect(code, stderr).to.equal(0);
    expect(stdout).to.match(/nothing is left\n$/);
    const gone = stdout
      .split('\n')
      .filter((line) => line.endsWith(' stopped'))
      .map((line) => line.replace(' stopped', ''));
    expect(gone).to.have.members(['db', 'migrate', 'api', 'mail', 'web']);
    for (const [first, then] of [
      ['web', 'api'],
      ['api', 'migrate'],
      ['migrate', 'db'],
      ['web', 'mail'],
    ] as const)
      expect(gone.indexOf(first), `${first} before ${then}`).to.be.lessThan(gone.indexOf(then));
    for (const kind of ['Deployment', 'Job', 'Service', 'Secret', 'Pod']) expect(fake.objects(kind), kind).to.deep.equal([]);
    expect((await muster('down')).stdout).to.equal('nothing of this stack is on the cluster\n');
  });

  it('down tells a removal that is refused once, at once, and gives no advice about its node; the rest goes', async () => {
    const { db, web } = stack.services;
    await start({ react: goesWell }, { ...stack, services: { db, web: { ...web, depends_on: ['db'], env: { KEY: '1' } } } });
    await muster('up');
    for (const right of ['delete deployments', 'delete secrets']) fake.forbidden.add(right);
    const { code, stdout, stderr } = await muster('down');
    expect(code).to.equal(1);
    expect(stderr.split('\n').filter((line) => line !== '')).to.have.members(
      ['web', 'db'].map(
        (name) =>
          `muster down: ${name}: Deployment ${name} could not be removed: deployments "${name}" is forbidden: User "jane" cannot delete resource "deployments" in the namespace "team"`,
      ),
    );
    expect(stdout).not.to.include('stopped');
    // What runs on keeps what it needs.
    for (const kind of ['Deployment', 'Service']) expect(fake.objects(kind), kind).to.have.lengthOf(2);
    fake.forbidden.delete('delete deployments');
    const again = await muster('down', '--json');
    expect(again.code).to.equal(1);
    const { gone, left } = JSON.parse(again.stdout) as { gone: readonly string[]; left: readonly { problem: string }[] };
    expect(gone).to.deep.equal(['web']);
    expect(left.map(({ problem }) => problem.replace(/:.*/, ''))).to.deep.equal(['Secret db-env could not be removed']);
  });

  it('check asks no cluster, and tells what stops the move', async () => {
    await start({}, { services: { a: { command: 'not-here', ready: { log: 'up' } }, b: { image: 'b:1', port: 80 } } });
    await fake.close();
    const { code, stdout } = await muster('check');
    expect(code).to.equal(2);
    expect(stdout)
      .to.include('error: a: it has no "image"')
      .and.include('error: a: "ready" by log')
      .and.include('2 services for kubernetes, 2 errors');
    expect(stdout).to.include('not carried over: b: that it listens on 127.0.0.1');
    await start({}, { services: { b: { image: 'b:1' } } });
    expect((await muster('check')).code).to.equal(0);
  });

  it('a cluster that is not there is told in one sentence, and nothing is left behind', async () => {
    await start();
    await fake.close();
    const { code, stderr } = await muster('up');
    expect(code).to.equal(2);
    expect(stderr).to.match(/^muster up: /m);
  });
});
