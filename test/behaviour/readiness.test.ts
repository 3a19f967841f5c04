import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { createProject } from '../support/cli.ts';
import { freePort, isLiving, until } from '../support/procs.ts';
import { misbehaviours, startHttp, startRaw, type TestServer } from '../support/servers.ts';
import { bootStack, program, startStack, told } from '../support/stack-rig.ts';

const journals = program('journals.sh');

describe('readiness', () => {
  const servers: TestServer[] = [];
  const serve = async (server: Promise<TestServer>): Promise<TestServer> => {
    servers.push(await server);
    return server;
  };
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  it('B3: one that is never ready fails at its health_timeout, and says what the probe saw last; exit code 4', async () => {
    const port = await freePort();
    const up = startStack({ api: { command: 'sleep 600', port, health_timeout: '3s', restart: 'no' } });
    const { code } = await up.ended();
    expect(code, told(up)).to.equal(4);
    expect((await up.event('serviceFailed', 'api')).reason).to.equal(
      `was not ready within 3.0 s: connection refused (asked 127.0.0.1:${port})`,
    );
  });

  // db ──► api
  it('B3: the clock of health_timeout starts at the spawn, not while it waits for others', async () => {
    const project = createProject();
    const env = { JOURNAL: project.path('journal') };
    const up = await bootStack(
      {
        db: { command: journals, ready: { notify: true }, env: { ...env, NAME: 'db', DELAY: '3.2' } },
        api: {
          command: journals,
          ready: { notify: true },
          health_timeout: '3s',
          env: { ...env, NAME: 'api' },
          depends_on: ['db'],
        },
      },
      { project },
    );
    expect((await up.settled()).verdict, told(up)).to.equal('up');
    await up.stop();
  });

  describe('with a probe that is treated badly', () => {
    it('B5: ends each check at its own deadline; nothing piles up, and memory stays bounded', async () => {
      const bad = {
        silent: await serve(startRaw(misbehaviours.acceptsAndIsSilent)),
        headers: await serve(startRaw(misbehaviours.dripsHeaders)),
        drip: await serve(startRaw(misbehaviours.dripsBody)),
        huge: await serve(startRaw(misbehaviours.endlessBody)),
        open: await serve(startRaw(misbehaviours.neverCloses)),
        circle: await serve(
          startHttp((request, response) => {
            response.writeHead(302, { location: `http://${request.headers.host}/` }).end();
          }),
        ),
      };
      const up = await bootStack(
        Object.fromEntries(
          Object.entries(bad).map(([name, { port }]) => [
            name,
            {
              command: 'sleep 600',
              optional: true,
              restart: 'no',
              health: {
                http: `http://127.0.0.1:${port}/`,
                timeout: name === 'circle' ? '60s' : '150ms',
                body_matches: 'never there',
              },
              health_timeout: '3s',
            },
          ]),
        ),
      );
      expect((await up.settled()).verdict, told(up)).to.equal('degraded');
      expect(up.order('serviceFailed')).to.have.members(Object.keys(bad));
      for (const name of Object.keys(bad)) {
        expect((await up.event('serviceFailed', name)).reason).to.match(/^was not ready within 3\.0 s: \S/);
      }
      for (const server of Object.values(bad)) {
        expect(server.total()).to.be.greaterThan(1);
        // The end of one check and the beginning of the next may reach us in one turn, in either order.
        expect(server.mostAtOnce()).to.be.at.most(2);
        await server.allClosed();
      }
      expect((await up.event('serviceFailed', 'circle')).reason).to.include('302');
      expect(peakMemory(up.muster.pid)).to.be.lessThan(200);
      await up.ended();
    });

    it('B5: the grandchildren of a probe command die with it, also when it is cut off', async () => {
      const up = await bootStack({
        cut: {
          command: 'sleep 600',
          optional: true,
          restart: 'no',
          health: { exec: ['sh', '-c', 'sleep 601 & echo $! >> pids; sleep 602'], timeout: '400ms' },
          health_timeout: '4s',
        },
        good: { command: 'sleep 600', health: { exec: ['sh', '-c', 'sleep 603 & echo $! >> pids; exit 0'] } },
      });
      expect(up.order('serviceReady'), told(up)).to.deep.equal(['good']);
      const pids = readFileSync(up.project.path('pids'), 'utf8').trim().split('\n').map(Number);
      expect(pids.length).to.be.greaterThan(2);
      await until('the grandchildren of the probes are gone', () => !pids.some(isLiving));
      await up.stop();
    });
  });

  it('B6: `localhost` works whether the server listens on 127.0.0.1 or only on ::1', async () => {
    const [four, six] = [await freePort(), await freePort()];
    const listens = { command: program('listens.mjs'), host: 'localhost' };
    const up = await bootStack({
      four: { ...listens, port: four, health_url: `http://localhost:${four}/`, env: { HOST: '127.0.0.1' } },
      six: { ...listens, port: six, health_url: `http://localhost:${six}/`, env: { HOST: '::1', V6_ONLY: '1' } },
    });
    expect((await up.settled()).verdict, told(up)).to.equal('up');
    await up.stop();
  });

  it('B7: not ready when a foreign process answers on its port, and the message names the stranger', async () => {
    const port = await freePort();
    const up = startStack({ api: { command: 'sleep 600', port, restart: 'no', health_timeout: '6s' } });
    await up.event('serviceStarted', 'api');
    await serve(startHttp((_request, response) => response.end(), { port }));
    const { reason } = await up.event('serviceFailed', 'api');
    expect(reason).to.include(`port ${port} is answered by pid ${process.pid} (`);
    expect((await up.ended()).code).to.equal(4);
  });

  it('B10: a log line is seen across chunks, through colours, on stderr, in a file of its own, and right after the spawn', async () => {
    const ready = { log: 'server is ready' };
    const up = await bootStack({
      chunks: { command: program('ready-by-log.mjs'), ready },
      stdout: { command: program('ready-by-log.mjs'), ready, env: { STREAM: 'stdout' } },
      split: { command: program('ready-by-log.mjs'), ready, log: { split: true } },
      once: { command: 'echo "server is ready"; exec sleep 600', ready },
      unended: { command: 'printf "server is ready"; exec sleep 600', ready },
    });
    expect((await up.settled()).verdict, told(up)).to.equal('up');
    await up.stop();
  });

  it('B11: notify is a newline from anybody who holds the descriptor; an end without one is not ready', async () => {
    const notifies = { command: program('ready-by-notify.mjs'), ready: { notify: true } };
    const up = await bootStack({
      itself: notifies,
      child: { ...notifies, env: { CHILD: '1' } },
      empty: { ...notifies, env: { EMPTY: '1' }, optional: true, restart: 'no', health_timeout: '1s' },
    });
    expect(up.order('serviceReady'), told(up)).to.have.members(['itself', 'child']);
    expect((await up.event('serviceFailed', 'empty')).reason).to.match(/^was not ready within 1\.0 s/);
    await up.stop();
  });
});

/** In MB; the most that the process has had at once. */
const peakMemory = (pid: number): number =>
  Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? Number.NaN) / 1000;
