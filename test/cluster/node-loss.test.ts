import { expect } from 'chai';
import {
  type ClusterRig,
  createClusterRig,
  kubectl,
  plugCommand,
  run,
  sixServices,
  testContext,
} from '../support/real-cluster.ts';

/** Cuts off one node of a real cluster, for good: the last of these tests. */
describe('a real cluster: a node that is cut off', function () {
  this.timeout(600_000);
  let rig: ClusterRig | null = null;

  before(function () {
    if (testContext === null || plugCommand === null) this.skip();
  });

  afterEach(async () => {
    await rig?.close();
    rig = null;
  });

  it('`up` brings back elsewhere what ran there, and `down` says what a node that does not answer keeps', async () => {
    rig = await createClusterRig(sixServices());
    const { muster, items } = rig;
    const up = await muster('up');
    expect(up.code, up.stdout + up.stderr).to.equal(0);
    const isOf = (service: string) => (pod: Awaited<ReturnType<typeof items>>[number]) =>
      pod.metadata.labels?.['app.kubernetes.io/name'] === service && pod.metadata.deletionTimestamp === undefined;
    const lost = (await items('pods')).find(isOf('web'))?.spec.nodeName ?? '';
    const plug = await run('/bin/sh', ['-c', `${plugCommand ?? ''} ${lost}`]);
    expect(plug.code, plug.stderr).to.equal(0);
    await kubectl('wait', '--for=condition=Ready=Unknown', `node/${lost}`, '--timeout=120s');

    const again = await muster('up');
    expect(again.code, again.stdout + again.stderr).to.equal(0);
    expect((await items('pods')).filter(isOf('web')).map(({ spec }) => spec.nodeName === lost)).to.deep.equal([false]);
    expect((await muster('status')).stdout)
      .to.match(/web +ready/)
      .and.match(/api +ready/);

    const down = await muster('down');
    expect(down.code, down.stdout + down.stderr).to.equal(1);
    expect(down.stderr).to.match(
      new RegExp(`web: pod web-\\S+ has not ended, and its node, ${lost}, may be cut off: "kubectl delete pod`),
    );
    // With the node gone from the books of the cluster, so are its pods.
    await kubectl('delete', 'node', lost);
    await rig.kubectl('wait', '--for=delete', 'pods', '--all', '--timeout=180s');
    const rest = await muster('down');
    expect(rest.code, rest.stdout + rest.stderr).to.equal(0);
    expect(await items('pods')).to.deep.equal([]);
  });
});
