import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { expect } from 'chai';
import { startMuster } from '../support/cli.ts';
import { freeRun, isLiving, until } from '../support/procs.ts';
import { killNine, ownProcess } from '../support/signals.ts';
import { type Example, freePorts, getJson, openExample, statesOf } from './rig.ts';

//  api-1 … api-4 ──► gate

const python = '/usr/bin/python3';
const isInstalled = (): boolean => spawnSync(python, ['-c', 'import fastapi, uvicorn']).status === 0;
const allReady = { 'api-1': 'ready', 'api-2': 'ready', 'api-3': 'ready', 'api-4': 'ready', gate: 'ready' };

const listen = (port: number): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject).listen(port, '127.0.0.1', () => resolve(server));
  });

const close = (server: Server): Promise<unknown> => new Promise((resolve) => server.close(resolve));

const open = async (): Promise<Example & { readonly first: number }> => {
  const first = await freeRun(10);
  const ports = await freePorts('PORT_GATE');
  const env = { PYTHON: python, PORT_API: String(first), PORT_API_RANGE: `${first}-${first + 9}`, ...ports };
  return { ...openExample('fastapi-servers', env), first };
};

describe('the example of a FastAPI server manager', function () {
  before(function () {
    if (!isInstalled()) this.skip();
  });

  it('boots four instances on ports in a row, each healthy; the gate waits for all, and knows the first', async () => {
    const example = await open();
    await example.muster(['up', '-d']);
    const rows = await example.rows();
    expect(statesOf(rows)).to.deep.equal(allReady);
    const apis = rows.filter(({ name }) => name.startsWith('api-'));
    const { first } = example;
    expect(apis.map(({ ports }) => ports[0]?.port)).to.deep.equal([first, first + 1, first + 2, first + 3]);
    for (const { url, ports } of apis) {
      expect(await getJson(`${url}/`)).to.deep.equal({ port: ports[0]?.port, environment: 'development' });
    }
    expect(await getJson(`http://127.0.0.1:${example.env['PORT_GATE']}/`)).to.include({ port: first });
    await example.down();
  });

  it('takes the next free port of the range where somebody has one, and ends nobody for it', async () => {
    const example = await open();
    const stranger = await listen(example.first + 1);
    try {
      await example.muster(['up', '-d']);
      const ports = (await example.rows()).filter(({ name }) => name.startsWith('api-')).map((row) => row.ports[0]?.port);
      expect(ports).not.to.include(example.first + 1);
      expect(new Set(ports).size).to.equal(4);
      expect(ports.every((port) => Number(port) >= example.first && Number(port) <= example.first + 9)).to.equal(true);
      expect(stranger.listening).to.equal(true);
      await example.down();
    } finally {
      await close(stranger);
    }
  });

  it('is all or nothing with --rollback: where one cannot come up, none stays', async () => {
    const example = await open();
    const { first } = example;
    // Three free ports for four instances.
    const stranger = await listen(first + 1);
    try {
      const { stdout, stderr } = await example.muster(['up', '-d', '--rollback'], 3, { PORT_API_RANGE: `${first}-${first + 3}` });
      expect(stdout + stderr).to.match(/api-\d.*no free port/);
      expect((await example.muster(['ls', '--json'])).stdout).not.to.contain(example.project.folder);
      for (const port of [first, first + 2, first + 3]) await close(await listen(port));
    } finally {
      await close(stranger);
    }
  });

  it('keeps stdout and stderr of each instance apart, and shows both', async () => {
    const example = await open();
    await example.muster(['up', '-d']);
    const read = (name: string): string => readFileSync(example.project.path('logs', name), 'utf8');
    await until('it has said that it runs', () => read('api-2.err.log').includes('Uvicorn running'));
    expect(read('api-2.log')).to.match(/^instance \['api-2'\] on \d+/);
    expect(read('api-2.log')).not.to.contain('warnings go here');
    expect(read('api-2.err.log')).to.contain('warnings go here');
    const { stdout } = await example.muster(['logs', 'api-2']);
    expect(stdout).to.contain("instance ['api-2']").and.to.contain('warnings go here');
    expect((await example.muster(['logs', 'api'])).stdout)
      .to.contain("['api-1']")
      .and.to.contain("['api-4']");
    await example.down();
  });

  it('restarts and stops one instance by its name, and all by the name of the service', async () => {
    const example = await open();
    await example.muster(['up', '-d']);
    const before = await example.rows();
    await example.muster(['restart', 'api-2']);
    const after = await example.rows();
    const changed = after.filter(({ pid }, index) => pid !== before[index]?.pid).map(({ name }) => name);
    expect(changed).to.deep.equal(['api-2']);
    await example.muster(['stop', 'api', '--with-dependents']);
    expect(new Set(Object.values(statesOf(await example.rows())))).to.deep.equal(new Set(['stopped']));
    await example.muster(['start']);
    expect(statesOf(await example.rows())).to.deep.equal(allReady);
    const { stdout } = await example.muster(['exec', 'api-3', '--', 'sh', '-c', 'echo $PORT']);
    expect(stdout.trim()).to.equal(String(example.first + 2));
    await example.down();
  });

  it('ends a stranger at the port of the gate with --force only', async () => {
    const example = await open();
    const port = String(example.env['PORT_GATE']);
    const script = `require('net').createServer().listen(${port}, '127.0.0.1', () => console.log('listens'))`;
    const stranger = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
    const gone = new Promise((resolve) => stranger.once('close', resolve));
    try {
      await new Promise((resolve) => stranger.stdout.once('data', resolve));
      const { stdout, stderr } = await example.muster(['up', '-d', '--rollback'], 3);
      expect(stdout + stderr).to.contain(`pid ${stranger.pid}`);
      expect(isLiving(Number(stranger.pid))).to.equal(true);
      await example.muster(['up', '-d', '--force', '--yes']);
      await gone;
      expect(statesOf(await example.rows())).to.deep.equal(allReady);
      await example.down();
    } finally {
      stranger.kill('SIGKILL');
      await gone;
    }
  });

  it('ends in order at SIGTERM, as the first process of a container does', async () => {
    const example = await open();
    const muster = startMuster(['up'], { cwd: example.project.folder, env: { ...example.env, MUSTER_ENV: 'production' } });
    await muster.waitForLine(/fastapi-servers is up/);
    const rows = await example.rows();
    expect(await getJson(`http://127.0.0.1:${example.first}/`)).to.include({ environment: 'production' });
    muster.signal('SIGTERM');
    const { code, stdout } = await muster.done;
    expect(code).to.equal(143);
    expect(stdout).to.match(/nothing is left/);
    for (const { name, pid } of rows) expect(pid !== null && isLiving(pid), name).to.equal(false);
  });

  it('recover brings back an instance that has failed', async () => {
    const example = await open();
    const services = readFileSync(example.project.path('services.yaml'), 'utf8');
    example.project.write('services.yaml', services.replace('    replicas: 4\n', '    replicas: 4\n    restart: no\n'));
    await example.muster(['up', '-d']);
    killNine(await ownProcess(example.project, (await example.row('api-2')).pid));
    await until('it has failed', async () => (await example.row('api-2')).state === 'failed');
    await example.muster(['recover']);
    expect(statesOf(await example.rows())).to.deep.equal(allReady);
    await example.down();
  });

  it('has a unit that boots the stack with the machine, without a fault in it', async function () {
    const example = await open();
    await example.muster(['export', 'systemd', '--unit', '--out', 'fastapi-servers.service']);
    const unit = readFileSync(example.project.path('fastapi-servers.service'), 'utf8');
    expect(unit).to.match(/^ExecStart=.* up/m);
    expect(unit).to.contain(`WorkingDirectory=${example.project.folder}`);
    if (!existsSync('/usr/bin/systemd-analyze') && spawnSync('systemd-analyze', ['--version']).error !== undefined)
      return this.skip();
    const { stderr, status } = spawnSync('systemd-analyze', ['verify', example.project.path('fastapi-servers.service')], {
      encoding: 'utf8',
    });
    expect(stderr.split('\n').filter((line) => line.includes('fastapi-servers.service'))).to.deep.equal([]);
    expect(status).to.equal(0);
    return undefined;
  });
});
