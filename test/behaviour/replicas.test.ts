import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { expect } from 'chai';
import { createProject, type Project, type RunResult, runMuster } from '../support/cli.ts';
import { freeRun, programPath } from '../support/procs.ts';
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
    const port = await freeRun(4);
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
    ready: {log: first}
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
      expect(ports).to.deep.equal([wanted, wanted + 2, wanted + 3]);
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

  it('are named by their service to exec, env, run and stats, which means the first; each by its own name', async () => {
    expect((await muster('up', '-d')).code).to.equal(0);
    const ports = (await services('api')).map(({ ports: [first] }) => String(first?.port));
    const portOf = async (name: string): Promise<string> =>
      (await muster('exec', name, '--', 'sh', '-c', 'echo $PORT')).stdout.trim();
    expect([await portOf('api'), await portOf('api-1'), await portOf('api-3')]).to.deep.equal([ports[0], ports[0], ports[2]]);
    const { variables } = JSON.parse((await muster('env', 'api', '--json')).stdout) as { variables: { name: string }[] };
    expect(variables.map(({ name }) => name)).to.include('PORT');
    const told = await muster('run', '--', 'sh', '-c', 'echo $API_PORT $API_2_PORT $API_HOST');
    expect(told.stdout.trim()).to.equal(`${ports[0]} ${ports[1]} 127.0.0.1`);
    const stats = await muster('stats', 'api');
    expect(stats.code, stats.stderr).to.equal(0);
    expect(stats.stdout).to.match(/api-1.*\n(.*\n)*.*api-3/);
    expect((await muster('exec', 'apj', '--', 'true')).stderr).to.contain('did you mean "api"?');
  });

  it('come and go with the file, and only they do; who was told the address of one that went is told the new one', async () => {
    const file = project.path('services.yaml');
    const edit = (from: string, to: string): void => writeFileSync(file, readFileSync(file, 'utf8').replace(from, to));
    const wanted = Number(/port: (\d+)/.exec(readFileSync(file, 'utf8'))?.[1]);
    edit('second ${api-2.port}', '');
    const pids = async (): Promise<Readonly<Record<string, number>>> => {
      const { stdout } = await muster('status', '--json');
      const { services: rows } = JSON.parse(stdout) as { services: { name: string; pid: number }[] };
      return Object.fromEntries(rows.map(({ name, pid }) => [name, pid]));
    };
    expect((await muster('up', '-d')).code).to.equal(0);
    const three = await pids();
    edit('replicas: 3', 'replicas: 5');
    expect((await muster('up', '-d')).code).to.equal(0);
    const five = await pids();
    expect(Object.keys(five)).to.have.members(['api-1', 'api-2', 'api-3', 'api-4', 'api-5', 'web']);
    expect(five).to.include(three);
    edit('replicas: 5', 'replicas: 2');
    expect((await muster('up', '-d')).code).to.equal(0);
    expect(await pids()).to.deep.equal({ 'api-1': three['api-1'], 'api-2': three['api-2'], web: three['web'] });
    // One alone has no number; the first of several is another service than it.
    edit('replicas: 2', 'replicas: 1');
    expect((await muster('up', '-d')).code).to.equal(0);
    expect((await services('api')).map(({ name, ports: [first] }) => [name, first?.port])).to.deep.equal([['api', wanted]]);
    expect((await pids())['web']).not.to.equal(three['web']);
    edit('replicas: 1', 'replicas: 2');
    expect((await muster('up', '-d')).code).to.equal(0);
    const last = await services('api');
    const { stdout } = await muster('logs', 'web', '-n', '1');
    expect(stdout).to.contain(`first ${last[0]?.ports[0]?.port} `);
  });
});

describe('replicas that run beside what a further up names', () => {
  let project: Project;
  const muster = (...args: readonly string[]): Promise<RunResult> => runMuster(args, { cwd: project.folder });
  const pids = async (): Promise<Readonly<Record<string, number | null>>> => {
    const { stdout } = await muster('status', '--json');
    const { services } = JSON.parse(stdout) as { readonly services: readonly { name: string; pid: number | null }[] };
    return Object.fromEntries(services.map(({ name, pid }) => [name, pid]));
  };
  const stack = (seconds: number): string => `
services:
  db: {command: exec sleep 600}
  api: {command: exec sleep 600, replicas: 2, depends_on: [db]}
  web: {command: exec sleep 600, depends_on: [api]}
  other: {command: exec sleep ${seconds}}
  rep: {command: exec sleep 600, replicas: 2}
  extra: {command: exec sleep 600, replicas: 2, profiles: [more]}
`;

  beforeEach(() => {
    project = createProject({ 'services.yaml': stack(600) });
  });
  afterEach(async () => {
    await muster('down');
    await expectNothingLeft(project);
  });

  it('B6: `up --dry-run NAME` and `plan NAME` announce no stop of replicas that the file still has', async () => {
    expect((await muster('up', '-d')).code).to.equal(0);
    const everything = ['db', 'api-1', 'api-2', 'web', 'other', 'rep-1', 'rep-2'];
    for (const args of [
      ['up', '--dry-run', 'web', '--no-deps'],
      ['plan', 'web', '--no-deps'],
      ['up', '--dry-run', 'other'],
    ]) {
      const { changes } = JSON.parse((await muster(...args, '--json')).stdout) as { readonly changes: unknown };
      expect([args, changes]).to.deep.equal([args, { started: [], restarted: [], stopped: [], kept: everything }]);
    }
  });

  it('B6: `up NAME` of one that was edited stops no replica of others', async () => {
    expect((await muster('up', '-d')).code).to.equal(0);
    const { other, ...rest } = await pids();
    project.write('services.yaml', stack(601));
    expect((await muster('up', '-d', 'other')).code).to.equal(0);
    const { other: again, ...kept } = await pids();
    expect(kept).to.deep.equal(rest);
    expect(again).to.be.a('number').and.not.equal(other);
  });

  it('B6: one replica that was named runs on when the rest of the stack comes, and brings no other with it', async () => {
    expect((await muster('up', '-d', 'extra-2')).code).to.equal(0);
    const { 'extra-2': first } = await pids();
    expect((await muster('up', '-d')).code).to.equal(0);
    const all = await pids();
    expect(all['extra-2']).to.be.a('number').and.equal(first);
    expect(all).to.have.all.keys('db', 'api-1', 'api-2', 'web', 'other', 'rep-1', 'rep-2', 'extra-2');
  });
});
