import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { expect } from 'chai';
import { until } from '../support/procs.ts';
import { type Example, freePorts, getJson, openExample, statesOf } from './rig.ts';

//  meta ──► training ──► web
//    └───────────────────►┘

const up = { meta: 'ready', training: 'ready', web: 'ready' };

const open = async (env: Readonly<Record<string, string>> = {}): Promise<Example> =>
  openExample('node-servers', { ...(await freePorts('PORT_META', 'PORT_TRAINING', 'PORT_WEB')), ...env });

const urlOf = ({ env }: Example, name: string): string => `http://127.0.0.1:${env[`PORT_${name}`]}`;

describe('the example of a server manager for Node', function () {
  for (const environment of ['development', 'test', 'production']) {
    it(`boots in ${environment}, is healthy, and stops clean`, async () => {
      const example = await open();
      await example.muster(['up', '-d', '--env', environment]);
      expect(statesOf(await example.rows())).to.deep.equal(up);
      expect(await getJson(urlOf(example, 'WEB'))).to.deep.equal({
        name: 'web',
        environment,
        meta: urlOf(example, 'META'),
        training: urlOf(example, 'TRAINING'),
      });
      expect(await getJson(`${urlOf(example, 'TRAINING')}/health`)).to.deep.equal({ ok: true });
      await example.down();
      expect(await fetch(urlOf(example, 'WEB')).catch(() => 'nobody')).to.equal('nobody');
    });
  }

  it('takes the ports from its environments, and PORT_WEB over all of them', async () => {
    const example = openExample('node-servers');
    const portsIn = async (environment: string, more = {}): Promise<unknown> => {
      const { stdout } = await example.muster(['plan', '--json', '--env', environment], 0, more);
      const { services } = JSON.parse(stdout) as { services: { name: string; ports: { port: number }[] }[] };
      return Object.fromEntries(services.map(({ name, ports }) => [name, ports[0]?.port]));
    };
    expect(await portsIn('development')).to.deep.equal({ web: 3000, training: 3001, meta: 3002 });
    expect(await portsIn('test')).to.deep.equal({ web: 3100, training: 3101, meta: 3102 });
    expect(await portsIn('production')).to.deep.equal({ web: 8080, training: 3001, meta: 3002 });
    for (const environment of ['development', 'test', 'production']) {
      expect(await portsIn(environment, { PORT_WEB: '4000' })).to.include({ web: 4000 });
    }
  });

  it('listens on all addresses in production only', async () => {
    const example = await open();
    const answers = (host: string): Promise<boolean> =>
      new Promise((resolve) => {
        const socket = connect(Number(example.env['PORT_WEB']), host);
        socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
        socket.once('close', () => undefined).once('connect', () => socket.destroy());
      });
    await example.muster(['up', '-d', '--env', 'production']);
    expect(await answers('127.0.0.2')).to.equal(true);
    await example.down();
    await example.muster(['up', '-d', '--env', 'development']);
    expect(await answers('127.0.0.2')).to.equal(false);
    await example.down();
  });

  it('restarts one while the others run, stops one with what needs it, and starts it again', async () => {
    const example = await open();
    await example.muster(['up', '-d']);
    const before = await example.rows();
    await example.muster(['restart', 'training']);
    const after = await example.rows();
    const pidsOf = (rows: typeof before): unknown[] => rows.map(({ pid }) => pid);
    expect(pidsOf(after.filter(({ name }) => name !== 'training'))).to.deep.equal(
      pidsOf(before.filter(({ name }) => name !== 'training')),
    );
    expect((await example.row('training')).pid).not.to.equal(before.find(({ name }) => name === 'training')?.pid);
    await example.muster(['stop', 'training'], 1);
    await example.muster(['stop', 'training', '--with-dependents']);
    expect(statesOf(await example.rows())).to.deep.equal({ meta: 'ready', training: 'stopped', web: 'stopped' });
    await example.muster(['start', 'web']);
    expect(statesOf(await example.rows())).to.deep.equal(up);
    const { stdout } = await example.muster(['status']);
    expect(stdout).to.match(/Metadata.*ready|meta.*ready/);
    await example.down();
  });

  it('reloads in development a server whose file has changed, or one of the files that they share; in production none', async () => {
    const example = await open();
    const pids = async (): Promise<Readonly<Record<string, number | null>>> =>
      Object.fromEntries((await example.rows()).map(({ name, pid }) => [name, pid]));
    const touch = (file: string): void => {
      const path = example.project.path(file);
      writeFileSync(path, `${readFileSync(path, 'utf8')}// changed\n`);
    };
    await example.muster(['up', '-d']);
    const log = example.project.path('logs', 'muster.log');
    await until('their files are watched', () => readFileSync(log, 'utf8').includes('watching'));
    const first = await pids();
    touch('web/server.mjs');
    await until('web is another one, and ready', async () => {
      const { pid, state } = await example.row('web');
      return state === 'ready' && pid !== null && pid !== first['web'];
    });
    expect({ ...(await pids()), web: 0 }).to.deep.equal({ ...first, web: 0 });
    touch('lib/serve.mjs');
    await until('all are others, and ready', async () =>
      (await example.rows()).every(({ name, pid, state }) => state === 'ready' && pid !== null && pid !== first[name]),
    );
    await example.down();
    await example.muster(['up', '-d', '--env', 'production']);
    const last = await pids();
    touch('web/server.mjs');
    const { stdout } = await example.muster(['restart', 'meta']);
    expect(stdout).to.contain('meta');
    expect(await pids()).to.include({ web: last['web'] });
    await example.down();
  });

  it('runs the tests against it, instead of `sleep 3`, and is gone after them', async () => {
    const example = await open();
    const { stdout } = await example.muster(['run', '--env', 'test', '--', 'node', 'check.mjs']);
    expect(stdout).to.contain('three servers, three answers');
    await example.muster(['run', '--env', 'test', '--', 'sh', '-c', 'exit 7'], 7);
    expect(await fetch(urlOf(example, 'WEB')).catch(() => 'nobody')).to.equal('nobody');
  });

  it('obeys MUSTER_HEALTH_TIMEOUT for all servers', async () => {
    const example = await open();
    writeFileSync(example.project.path('meta/server.mjs'), 'setInterval(() => undefined, 1000);\n');
    const file = example.project.path('services.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('policy: on-failure', 'policy: no'));
    const { stdout, stderr } = await example.muster(['up', 'meta'], 4, { MUSTER_HEALTH_TIMEOUT: '300ms' });
    expect(stdout + stderr).to.match(/not ready (?:after|within) 300 ms/);
  });
});
