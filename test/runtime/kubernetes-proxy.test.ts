import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { connectCluster } from '../../lib/runtime/kubernetes/proxy.ts';
import { createFakeCluster, type FakeCluster } from '../support/fake-cluster.ts';
import { tsxPath } from '../support/procs.ts';

const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0;

describe('kubectl proxy', function () {
  let folder: string;
  let fake: FakeCluster;
  let env: Record<string, string | undefined>;

  before(function () {
    if (!hasKubectl) this.skip();
  });

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'muster-proxy-'));
    fake = createFakeCluster();
    await new Promise<void>((resolve) => fake.server.listen(0, '127.0.0.1', resolve));
    const { port } = fake.server.address() as AddressInfo;
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${port}` } }],
      users: [{ name: 'u', user: {} }],
      contexts: [
        { name: 'one', context: { cluster: 'c', user: 'u', namespace: 'team' } },
        { name: 'two', context: { cluster: 'c', user: 'u' } },
      ],
      'current-context': 'one',
    };
    writeFileSync(join(folder, 'config'), JSON.stringify(config));
    // The folder of this test is in its environment, and so in that of whatever it starts.
    env = { PATH: process.env['PATH'], HOME: folder, TMPDIR: folder, KUBECONFIG: join(folder, 'config') };
  });

  afterEach(async () => {
    await fake.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Commands that have the folder of this test in their environment. */
  const alive = (): readonly string[] =>
    readdirSync('/proc').flatMap((pid) => {
      if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return [];
      try {
        const isOurs = readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`KUBECONFIG=${folder}`);
        return isOurs ? [readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ')] : [];
      } catch {
        // It ended while we looked.
        return [];
      }
    });

  const untilNobody = async (): Promise<void> => {
    while (alive().length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  };

  const folders = (): readonly string[] => readdirSync(folder).filter((name) => name.startsWith('muster-kubectl-'));

  it('reaches the cluster of the current context, or of the one that is named, and ends with us', async () => {
    const connected = await connectCluster({ context: null, namespace: null, env });
    if (!connected.ok) throw new Error(connected.problem);
    expect([connected.context, connected.cluster.namespace]).to.deep.equal(['one', 'team']);
    expect((await connected.cluster.list('Pod', {})).ok).to.equal(true);
    await connected.cluster.close();
    await untilNobody();
    const named = await connectCluster({ context: 'two', namespace: 'mine', env });
    if (!named.ok) throw new Error(named.problem);
    expect([named.context, named.cluster.namespace]).to.deep.equal(['two', 'mine']);
    await named.cluster.close();
    await untilNobody();
    expect(folders()).to.deep.equal([]);
  });

  it('does not outlive us when we are killed', async () => {
    const script = `import { connectCluster } from ${JSON.stringify(join(import.meta.dirname, '../../lib/runtime/kubernetes/proxy.ts'))};
const connected = await connectCluster({ context: null, namespace: null, env: process.env });
console.log(connected.ok ? 'connected' : connected.problem);
setInterval(() => undefined, 1000);`;
    const child = spawn(process.execPath, ['--import', tsxPath, '--input-type=module', '-e', script], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await new Promise<string>((resolve) => child.stdout.setEncoding('utf8').once('data', resolve))).split('\n');
    expect(line).to.equal('connected');
    expect(alive().some((command) => command.includes('proxy'))).to.equal(true);
    child.kill('SIGKILL');
    await untilNobody();
    expect(folders()).to.deep.equal([]);
  });

  it('a context that is not there, and a kubectl that is not there, are sentences', async () => {
    const unknown = await connectCluster({ context: 'three', namespace: null, env });
    expect(unknown.ok ? '' : unknown.problem)
      .to.include('kubectl knows no cluster')
      .and.include('three');
    const missing = await connectCluster({ context: null, namespace: null, env: { ...env, PATH: folder } });
    expect(missing.ok ? '' : missing.problem).to.include('kubectl is not in PATH');
  });
});
