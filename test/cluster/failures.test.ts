import { expect } from 'chai';
import { type ClusterRig, createClusterRig, testContext } from '../support/real-cluster.ts';

const image = 'localhost/node:1';

/** Each fails in its own way; what `up` says of it, as one sentence. */
const failing: Readonly<Record<string, { readonly service: object; readonly says: RegExp }>> = {
  badcmd: {
    service: { image, command: ['node-not-here'] },
    says: /badcmd failed: .*"?node-not-here"?.*(not in|cannot be|found)/,
  },
  crash: {
    service: { image, command: ['node', '-e', "console.log('boom: ECONNREFUSED');process.exit(3)"] },
    says: /crash failed: exited with code 3.*; it said: boom: ECONNREFUSED/,
  },
  jobfail: {
    service: { type: 'task', image, command: ['node', '-e', 'process.exit(7)'], restart: 'no' },
    says: /jobfail failed: exited with code 7/,
  },
  neverready: {
    service: {
      image,
      command: ['node', '-e', 'setInterval(()=>{},1e3)'],
      port: 8080,
      health: { http: 'http://${neverready.host}:8080/health' },
      health_timeout: '8s',
    },
    says: /neverready failed: .*(refused|8080)/,
  },
  noimage: {
    service: { image: 'localhost/shop/missing:9', command: ['x'], health_timeout: '20s' },
    says: /noimage failed: .*localhost\/shop\/missing:9/,
  },
  oom: {
    service: {
      image,
      command: ['node', '-e', 'const a=[];for(;;)a.push(Buffer.alloc(1e6,1))'],
      resources: { limits: { memory: '64Mi' } },
    },
    says: /oom failed: .*memory.*64 ?Mi/,
  },
  unsched: {
    service: {
      image,
      command: ['node', '-e', 'setInterval(()=>{},1e3)'],
      resources: { memory: '900Gi' },
      health_timeout: '8s',
    },
    says: /unsched failed: .*fits on no node.*memory/,
  },
};

describe('a real cluster: seven failures', function () {
  this.timeout(300_000);
  let rig: ClusterRig | null = null;

  before(function () {
    if (testContext === null) this.skip();
  });

  afterEach(async () => {
    await rig?.close();
    rig = null;
  });

  it('are told in one sentence each, and those that need them are skipped', async () => {
    const services = Object.fromEntries(Object.entries(failing).map(([name, { service }]) => [name, service]));
    const after = { image, command: ['node', '-e', ''], depends_on: ['badcmd'] };
    rig = await createClusterRig(JSON.stringify({ name: 'failing', services: { ...services, after } }));
    const up = await rig.muster('up');
    // Two were not ready in time, which has a code of its own.
    expect(up.code, up.stdout + up.stderr).to.equal(4);
    for (const [name, { says }] of Object.entries(failing)) expect(up.stdout, name).to.match(says);
    expect(up.stdout).to.match(/after skipped: .*badcmd/);
    const status = await rig.muster('status');
    expect(status.stdout)
      .to.match(/^\S +crash +failed/m)
      .and.match(/^\S +oom +failed/m);
    const down = await rig.muster('down');
    expect(down.code, down.stdout + down.stderr).to.equal(0);
    expect(await rig.items('pods')).to.deep.equal([]);
  });
});
