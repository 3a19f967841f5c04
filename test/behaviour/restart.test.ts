import { rmSync } from 'node:fs';
import { expect } from 'chai';
import { createProject, runMuster } from '../support/cli.ts';
import { freePort, isLiving } from '../support/procs.ts';
import { bootStack, program, readText, startStack, told } from '../support/stack-rig.ts';

const starts = (file: string): number => readText(file).length;

describe('a restart', () => {
  it('D1: of a crash loop waits longer each time and says so; then the breaker opens', async () => {
    const project = createProject();
    const count = project.path('count');
    const up = startStack(
      {
        api: {
          command: program('crash-loops.mjs'),
          ready: { notify: true },
          env: { COUNT_FILE: count, AFTER: '1' },
          restart: { delay: '200ms', max_delay: '500ms', max: 4, window: '60s' },
        },
      },
      { project },
    );
    expect((await up.ended()).code, told(up)).to.equal(1);
    const tries = up.events().filter(({ type }) => type === 'serviceRestarting');
    expect(tries.map(({ detail }) => detail)).to.deep.equal([
      'next try in 0.2 s (1/4)',
      'next try in 0.4 s (2/4)',
      'next try in 0.5 s (3/4)',
      'next try in 0.5 s (4/4)',
    ]);
    const failed = await up.event('serviceFailed', 'api');
    expect(failed.detail).to.equal('4 restarts in 60 s');
    expect(failed.reason).to.equal('exited with code 1 before it was ready');
    expect(starts(count)).to.equal(5);
  });

  it('D3: begins again with the shortest wait after it has been ready for the window', async () => {
    const project = createProject();
    const up = startStack(
      {
        api: {
          command: program('exits.mjs'),
          env: { CODE: '1', AFTER: '3000' },
          restart: { delay: '10ms', max: 1, window: '200ms' },
        },
      },
      { project },
    );
    // With one restart allowed in the window, the second crash would be the end of it.
    await up.event('serviceReady', 'api', ({ attempt }) => attempt === 3);
    const tries = up.events().filter(({ type }) => type === 'serviceRestarting');
    expect(tries.length, told(up)).to.be.at.least(2);
    for (const { detail } of tries) expect(detail).to.match(/^next try in .* \(1\/1\)$/);
    await up.stop();
  });

  it('D4: a stop while it waits for a restart cancels it; there is no late start', async () => {
    const project = createProject();
    const count = project.path('count');
    const up = startStack(
      {
        api: {
          command: program('crash-loops.mjs'),
          ready: { notify: true },
          env: { COUNT_FILE: count, AFTER: '1' },
          restart: { delay: '60s', max_delay: '60s' },
        },
      },
      { project },
    );
    await up.event('serviceRestarting', 'api');
    expect((await up.stop()).code, told(up)).to.equal(143);
    expect(starts(count)).to.equal(1);
  });

  it('D6: exit codes in never_on are final', async () => {
    const up = startStack({
      api: {
        command: program('exits.mjs'),
        ready: { notify: true },
        env: { CODE: '78' },
        restart: { never_on: [78], delay: '10ms' },
      },
    });
    expect((await up.ended()).code).to.equal(1);
    expect(up.order('serviceRestarting')).to.deep.equal([]);
    expect((await up.event('serviceFailed', 'api')).reason).to.equal('exited with code 78 before it was ready');
  });

  it('D7: exit 0 under on-failure is not restarted but reported, and `up` ends when nothing runs any more', async () => {
    const up = startStack({
      once: { command: program('exits.mjs'), env: { AFTER: '50' }, restart: { delay: '10ms' } },
    });
    expect((await up.ended()).code, told(up)).to.equal(0);
    expect(up.order('serviceRestarting')).to.deep.equal([]);
    expect((await up.event('serviceCompleted', 'once')).detail).to.equal('ended by itself');
  });

  it('D7: under always it is', async () => {
    const up = startStack({
      once: { command: program('exits.mjs'), env: { AFTER: '50' }, restart: { policy: 'always', delay: '10ms' } },
    });
    await up.event('serviceReady', 'once', ({ attempt }) => attempt === 2);
    await up.stop();
  });

  it('D8: on_unhealthy restarts after `retries` failures in a row', async () => {
    const project = createProject();
    const up = await bootStack(
      {
        api: {
          command: 'touch well; exec sleep 600',
          health: { exec: 'test -e well', interval: '50ms', timeout: '60s', retries: 2 },
          restart: { on_unhealthy: true, delay: '10ms' },
        },
      },
      { project },
    );
    rmSync(project.path('well'));
    await up.event('serviceReady', 'api', ({ attempt }) => attempt === 2);
    expect((await up.event('serviceRestarting', 'api')).reason).to.match(/^became unhealthy: /);
    const ask = async (...args: readonly string[]): Promise<string> => (await runMuster(args, { cwd: project.folder })).stdout;
    expect(await ask('status'), 'and status says why, when it is well again').to.match(/restarted: became unhealthy: /);
    expect(await ask('why', 'api')).to.match(/has been ready .*; restarted: became unhealthy: /);
    await up.stop();
    const log = readText(project.path('logs', 'muster.log'));
    expect(log).to.match(/"event":"serviceStopping","service":"api".*"cause":"became unhealthy: /);
    expect(log).to.match(/"event":"serviceRestarting","service":"api".*"cause":"became unhealthy: /);
  });

  it('F4, F120: the main process ends and leaves a worker: it is killed before the restart, which finds its port free', async () => {
    const port = await freePort();
    const project = createProject();
    const up = await bootStack(
      {
        api: {
          command: program('leaves-worker.mjs'),
          port,
          env: { CODE: '1', SIGN: project.path('end') },
          restart: { delay: '10ms' },
        },
      },
      { project },
    );
    const first = (await up.event('serviceReady', 'api', ({ attempt }) => attempt === 1)).pid ?? 0;
    project.write('end', '');
    await up.event('serviceReady', 'api', ({ attempt }) => attempt === 2);
    expect(isLiving(first)).to.equal(false);
    expect(up.order('serviceFailed'), told(up)).to.deep.equal([]);
    await up.stop();
  });
});
