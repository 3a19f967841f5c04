import { expect } from 'chai';
import { type ClusterRig, createClusterRig, sixServices, testContext } from '../support/real-cluster.ts';

const kinds = ['deployments', 'jobs', 'pods', 'services', 'secrets', 'ingresses'];

/** Against a real cluster; skipped, and counted, without one. */
describe('a real cluster: six services', function () {
  this.timeout(300_000);
  let rig: ClusterRig | null = null;

  const open = async (text = sixServices()): Promise<ClusterRig> => {
    rig = await createClusterRig(text);
    return rig;
  };

  before(function () {
    if (testContext === null) this.skip();
  });

  afterEach(async () => {
    await rig?.close();
    rig = null;
  });

  /** Everything with our labels, by kind and name. */
  const ours = async ({ kubectl }: ClusterRig): Promise<readonly string[]> =>
    (await kubectl('get', kinds.join(','), '-l', 'app.kubernetes.io/managed-by=muster', '-o', 'name'))
      .split('\n')
      .filter((line) => line !== '');

  it('come up in the order of the graph with no restart, are told of, and leave nothing after `down`', async () => {
    const { muster, items, kubectl } = await open();
    const up = await muster('up', '--json');
    expect(up.code, up.stdout + up.stderr).to.equal(0);
    const events = up.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type?: string; service?: string });
    const at = (service: string, type: string): number =>
      events.findIndex((event) => event.service === service && event.type === type);
    for (const [first, done, next] of [
      ['db', 'serviceReady', 'migrate'],
      ['migrate', 'serviceCompleted', 'api'],
      ['api', 'serviceReady', 'web'],
      ['api', 'serviceReady', 'worker'],
    ] as const)
      expect(at(first, done), `${first} before ${next}: ${up.stdout}`)
        .to.be.greaterThan(-1)
        .and.lessThan(at(next, 'serviceStarted'));
    const pods = await items('pods');
    expect(pods.flatMap(({ status }) => (status.containerStatuses ?? []).map(({ restartCount }) => restartCount))).to.deep.equal(
      pods.map(() => 0),
    );
    expect((await items('jobs')).map(({ status }) => [status.succeeded, status.failed ?? 0])).to.deep.equal([[1, 0]]);
    expect(
      (await items('deployments')).map(({ metadata, status }) => [metadata.name, status.readyReplicas]),
    ).to.have.deep.members([
      ['db', 1],
      ['cache', 1],
      ['api', 2],
      ['web', 1],
      ['worker', 1],
    ]);

    const status = JSON.parse((await muster('status', '--json')).stdout) as { services: { name: string; state: string }[] };
    expect(status.services.map(({ name, state }) => `${name} ${state}`)).to.have.members([
      'db ready',
      'cache ready',
      'migrate completed',
      'api ready',
      'web ready',
      'worker ready',
    ]);
    expect((await muster('logs')).stdout)
      .to.match(/^worker\b.*api answers 200/m)
      .and.match(/^api\b.*db: yes/m);

    const versions = async (): Promise<string> =>
      await kubectl(
        'get',
        'deployments,services,jobs',
        '-o',
        'jsonpath={range .items[*]}{.kind}/{.metadata.name} {.metadata.generation}{"\\n"}{end}',
      );
    const before = [await versions(), pods.map(({ metadata }) => metadata.name).sort()];
    const again = await muster('up');
    expect(again.code, again.stdout + again.stderr).to.equal(0);
    expect([await versions(), (await items('pods')).map(({ metadata }) => metadata.name).sort()]).to.deep.equal(before);

    const down = await muster('down', '--json');
    expect(down.code, down.stdout + down.stderr).to.equal(0);
    const { gone } = JSON.parse(down.stdout) as { gone: readonly string[] };
    for (const [first, next] of [
      ['web', 'api'],
      ['worker', 'api'],
      ['api', 'migrate'],
      ['migrate', 'db'],
    ] as const)
      expect(gone.indexOf(first), `${first} before ${next}: ${gone.join(' ')}`)
        .to.be.greaterThan(-1)
        .and.lessThan(gone.indexOf(next));
    expect(await ours({ kubectl } as ClusterRig)).to.deep.equal([]);
  });

  it('what left the file is removed, and `restart` makes new pods of what it is told, and of nothing else', async () => {
    const { muster, items, project } = await open();
    const first = await muster('up', 'api', 'cache');
    expect(first.code, first.stdout + first.stderr).to.equal(0);
    const podsOf = async (service: string): Promise<readonly string[]> =>
      (await items('pods'))
        .filter(
          ({ metadata }) => metadata.labels?.['app.kubernetes.io/name'] === service && metadata.deletionTimestamp === undefined,
        )
        .map(({ metadata }) => metadata.name);
    const [api, db] = [await podsOf('api'), await podsOf('db')];
    const restart = await muster('restart', 'api');
    expect(restart.code, restart.stdout + restart.stderr).to.equal(0);
    const now = await podsOf('api');
    expect(
      now.filter((name) => api.includes(name)),
      now.join(' '),
    ).to.deep.equal([]);
    expect(await podsOf('db')).to.deep.equal(db);

    const text = sixServices();
    project.write('services.yaml', `name: muster-six\nservices:\n${text.slice(text.indexOf('  db:'), text.indexOf('  cache:'))}`);
    const pruning = await muster('up');
    expect(pruning.code, pruning.stdout + pruning.stderr).to.equal(0);
    expect((await items('deployments')).map(({ metadata }) => metadata.name)).to.deep.equal(['db']);
    expect(await items('jobs')).to.deep.equal([]);
  });

  it('a field that somebody else has taken is not taken back without --force', async () => {
    const { muster, kubectl } = await open();
    expect((await muster('up', 'cache')).code).to.equal(0);
    // Not by `kubectl scale`: before 1.22 a cluster does not note down who did that.
    await kubectl('patch', 'deployment', 'cache', '--type=merge', '--patch={"spec":{"replicas":2}}');
    const refused = await muster('up', 'cache');
    expect(refused.stdout + refused.stderr).to.match(/replicas belongs to .+; --force takes it over/);
    const forced = await muster('up', 'cache', '--force');
    expect(forced.code, forced.stdout + forced.stderr).to.equal(0);
    expect(await kubectl('get', 'deployment', 'cache', '-o', 'jsonpath={.spec.replicas}')).to.equal('1');
  });
});
