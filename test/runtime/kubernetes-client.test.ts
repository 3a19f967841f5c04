import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createClusterClient } from '../../lib/runtime/kubernetes/client.ts';
import type { Cluster, Item } from '../../lib/runtime/kubernetes/cluster.ts';
import { createFakeCluster, type FakeCluster } from '../support/fake-cluster.ts';

const labels = { 'app.kubernetes.io/part-of': 'shop' };
const deployment = (name: string, replicas = 1) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, labels },
  spec: { replicas },
});

describe('the API of a cluster', () => {
  let folder: string;
  let fake: FakeCluster;
  let cluster: Cluster;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'muster-cluster-'));
    fake = createFakeCluster();
    const socketPath = join(folder, 'api');
    await new Promise<void>((resolve) => fake.server.listen(socketPath, resolve));
    cluster = createClusterClient({ socketPath, namespace: 'shop', context: 'one', close: () => Promise.resolve() });
  });

  afterEach(async () => {
    await fake.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('applies, and the same once more changes nothing', async () => {
    const first = await cluster.apply(deployment('web'), false);
    expect(first).to.deep.equal({ ok: true, version: '1', generation: 1 });
    expect(await cluster.apply(deployment('web'), false)).to.deep.equal(first);
    expect(await cluster.apply(deployment('web', 2), false)).to.deep.equal({ ok: true, version: '2', generation: 2 });
  });

  it('a field that somebody else owns is a conflict with his name, which only force takes over', async () => {
    fake.owned.set('Deployment/web', { field: 'spec.replicas', manager: 'kubectl-scale' });
    expect(await cluster.apply(deployment('web'), false)).to.deep.equal({
      ok: false,
      conflicts: [{ field: 'spec.replicas', manager: 'kubectl-scale' }],
    });
    expect((await cluster.apply(deployment('web'), true)).ok).to.equal(true);
  });

  it('says of an application whether it would change anything, and changes nothing', async () => {
    expect(await cluster.preview(deployment('web'), false)).to.deep.equal({ isSame: false });
    await cluster.apply(deployment('web'), false);
    const asked = fake.asked.length;
    expect(await cluster.preview(deployment('web'), false)).to.deep.equal({ isSame: true, version: '1' });
    expect(await cluster.preview(deployment('web', 2), false)).to.deep.equal({ isSame: false });
    fake.owned.set('Deployment/web', { field: 'spec.replicas', manager: 'kubectl-scale' });
    expect(await cluster.preview(deployment('web'), false)).to.deep.equal({ isSame: false });
    expect(await cluster.preview(deployment('web'), true)).to.deep.equal({ isSame: true, version: '1' });
    fake.forbidden.add('get deployments');
    expect(await cluster.preview(deployment('web'), true)).to.deep.equal({ isSame: false });
    expect(fake.asked).to.have.lengthOf(asked);
    expect(fake.objects('Deployment').map(({ spec }) => spec)).to.deep.equal([{ replicas: 1 }]);
  });

  it('lists by label, removes, and what is not there is gone already', async () => {
    await cluster.apply(deployment('web'), false);
    await cluster.apply({ ...deployment('other'), metadata: { name: 'other', labels: {} } }, false);
    const listed = await cluster.list('Deployment', labels);
    expect(listed.ok && listed.items.map(({ metadata }) => metadata?.name)).to.deep.equal(['web']);
    expect(await cluster.remove({ kind: 'Deployment', name: 'web' })).to.equal(null);
    expect(await cluster.remove({ kind: 'Deployment', name: 'web' })).to.equal(null);
    expect(fake.asked.slice(-2)).to.deep.equal(['remove Deployment web', 'remove Deployment web']);
  });

  it('watches: every change, its end, and nothing after it was stopped', async () => {
    const seen: string[] = [];
    let wake = (): void => undefined;
    const until = async (done: () => boolean): Promise<void> => {
      while (!done()) await new Promise<void>((resolve) => (wake = resolve));
    };
    let ends = 0;
    const watch = (): { stop(): void } =>
      cluster.watch({
        kind: 'Pod',
        labels,
        version: '0',
        onItem: ({ metadata }: Item, isGone) => {
          seen.push(`${metadata?.name}${isGone ? ' gone' : ''}`);
          wake();
        },
        onEnd: () => {
          ends += 1;
          wake();
        },
      });
    watch();
    const metadata = { name: 'p', labels, generation: 1, resourceVersion: '' };
    // It has begun when something of it arrives.
    const telling = setInterval(() => fake.put('Pod', 'p', { metadata }), 5);
    await until(() => seen.length > 0);
    clearInterval(telling);
    fake.drop('Pod', 'p');
    await until(() => seen.at(-1) === 'p gone');
    fake.endWatches();
    await until(() => ends === 1);
    watch().stop();
    expect(ends).to.equal(1);
  });

  it('a cluster that is not there is a sentence, and no exception', async () => {
    await fake.close();
    const gone = await cluster.list('Pod', labels);
    expect(gone.ok ? '' : gone.problem).to.include('the cluster cannot be reached');
    expect(await cluster.remove({ kind: 'Pod', name: 'x' })).to.include('the cluster cannot be reached');
    expect(await cluster.apply(deployment('web'), false))
      .to.have.property('problem')
      .that.includes('the cluster cannot be reached');
    expect(await cluster.tail('x', 3)).to.deep.equal([]);
  });
});
