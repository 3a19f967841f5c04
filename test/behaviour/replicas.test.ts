import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { expect } from 'chai';
import { createProject, type Project, type RunResult, runMuster } from '../support/cli.ts';
import { freePort, programPath } from '../support/procs.ts';
import { expectNothingLeft } from '../support/stack-rig.ts';

type Told = { readonly name: string; readonly state: string; readonly ports: readonly { readonly port: number }[] };

describe('replicas on a real machine', () => {
  let project: Project;
  const muster = (...args: readonly string[]): Promise<RunResult> => runMuster(args, { cwd: project.folder });
  const services = async (...names: readonly string[]): Promise<readonly Told[]> => {
    const { stdout } = await muster('status', ...names, '--json');
    return (JSON.parse(stdout) as { readonly services: readonly Told[] }).services;
  };

  beforeEach(async () => {
    const port = await freePort();
    project = createProject({
      'services.yaml': `
services:
  api:
    command: ["${process.execPath}", "${programPath('listens.mjs')}"]
    port: ${port}
    port_conflict: next
    replicas: 3
  web:
    command: echo "first \${api.port} second \${api-2.port}" && exec sleep 1000
    depends_on: [api]
`,
    });
  });

  afterEach(async () => {
    await muster('down');
    await expectNothingLeft(project);
  });

  it('each has a port of its own, busy ones skipped, and all of them have the name of their service', async () => {
    const file = project.path('services.yaml');
    const wanted = Number(/port: (\d+)/.exec(readFileSync(file, 'utf8'))?.[1]);
    const stranger = createServer();
    await new Promise<void>((resolve) => stranger.listen(wanted + 1, '127.0.0.1', resolve));
    try {
      const up = await muster('up', '-d');
      expect([up.code, up.stderr]).to.deep.equal([0, '']);
      const told = await services('api');
      const ports = told.map(({ ports: [first] }) => first?.port ?? 0);
      expect(told.map(({ name, state }) => `${name} ${state}`)).to.deep.equal(['api-1 ready', 'api-2 ready', 'api-3 ready']);
      expect(new Set(ports).size).to.equal(3);
      expect(ports).not.to.include(wanted + 1);
      const logs = await muster('logs', 'web');
      expect(logs.stdout).to.contain(`first ${ports[0]} second ${ports[1]}`);
    } finally {
      await new Promise((resolve) => stranger.close(resolve));
    }
    expect((await muster('stop', 'api')).stderr).to.match(/web/);
    expect((await muster('stop', 'api-2', '--force')).code).to.equal(0);
    expect((await services()).map(({ name, state }) => `${name} ${state}`)).to.deep.equal([
      'api-1 ready',
      'api-2 stopped',
      'api-3 ready',
      'web ready',
    ]);
    expect((await muster('start', 'api')).code).to.equal(0);
    expect((await muster('restart', 'api-3')).stdout).to.match(/^restarted api-3/m);
    expect((await muster('why', 'api')).code).to.equal(0);
    const env = await muster('logs', 'api', '--tail', '1');
    expect(env.code).to.equal(0);
    expect((await muster('stop', 'apj')).stderr).to.match(/did you mean "api"/);
  });
});
