import { expect } from 'chai';
import type { Cluster, Kind } from '../../lib/runtime/kubernetes/cluster.ts';
import { prune } from '../../lib/supervisor/cluster/boot.ts';

describe('what left the file, on a cluster', () => {
  it('is ended, and of a kind that cannot be listed it is said why nothing was looked for', async () => {
    const cluster = {
      list: async (kind: Kind) =>
        kind === 'Ingress'
          ? { ok: false, problem: 'ingresses is forbidden' }
          : { ok: true, items: kind === 'Deployment' ? [{ metadata: { name: 'old' } }, { metadata: { name: 'web' } }] : [] },
      remove: async () => null,
    } as unknown as Cluster;
    expect(await prune(cluster, {}, ({ name }) => name === 'web')).to.deep.equal([
      { kind: 'Ingress', name: null, problem: 'ingresses is forbidden' },
      { kind: 'Deployment', name: 'old', problem: null },
    ]);
  });
});
