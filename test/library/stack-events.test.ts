import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { stackEventTypes } from '../../lib/index.ts';
import { createProject } from '../support/cli.ts';
import { until } from '../support/procs.ts';
import { killNine, ownProcess } from '../support/signals.ts';
import { aStack, aStackIn, bad, good, pidOf, program, record, shop } from './rig.ts';

describe('what a stack of a program tells, and does by itself', () => {
  it('dies: tells how, that it is tried again, and that it is back', async () => {
    const project = createProject();
    const stack = aStackIn(project).defineService('api', {
      command: program('listens.mjs'),
      port: 'auto',
      restart: { delay: '10ms' },
    });
    const told = record(stack);
    good(await stack.start());
    killNine(await ownProcess(project, await pidOf(stack, 'api')));
    await until('it is back', () => told.filter(({ type }) => type === 'serviceReady').length === 2);
    const types = told.map(({ type }) => type);
    expect(types.slice(types.indexOf('stackReady') + 1)).to.deep.equal([
      'serviceExited',
      'serviceDied',
      'serviceRestarting',
      'serviceStarting',
      'serviceStarted',
      'serviceReady',
    ]);
    const died = told.find((event) => event.type === 'serviceDied');
    expect(died).to.include({ service: 'api', signal: 'SIGKILL', code: null, beforeReady: false, attempt: 1 });
    expect(told.find((event) => event.type === 'serviceExited')).to.include({ asked: false });
  });

  it('runs the hooks of the stack and of its services, in their order', async () => {
    const project = createProject();
    const note = (what: string): string => `echo ${what} >> hooks.txt`;
    const hooks = { before_up: note('before_up'), after_up: note('after_up'), after_down: note('after_down') };
    const stack = aStackIn(project, { hooks }).defineService('a', {
      command: ['sleep', '600'],
      hooks: { before_start: note('before_start'), after_stop: { command: note('after_stop'), timeout: '5s' } },
    });
    good(await stack.start());
    good(await stack.stop());
    expect(readFileSync(project.path('hooks.txt'), 'utf8').split('\n')).to.deep.equal([
      'before_up',
      'before_start',
      'after_up',
      'after_stop',
      'after_down',
      '',
    ]);
  });

  it('tells webhooks what becomes of it', async () => {
    const { createServer } = await import('node:http');
    const told: string[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on('end', () => {
        told.push(body);
        response.end();
      });
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/hook`;
    try {
      const notify = { url, events: ['stackReady', 'stackStopped'] };
      const stack = aStack({ notify }).defineService('a', { command: ['sleep', '600'] });
      good(await stack.start());
      // At its end it does not wait long: what it sends with is loaded by then.
      await until('it is told that it is up', () => told.length > 0);
      good(await stack.stop());
      const stories = told.map((text) => (JSON.parse(text) as { readonly event: string }).event);
      expect(stories).to.deep.equal(['stackReady', 'stackStopped']);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('tells a hook that fails before the boot, and starts nothing', async () => {
    const stack = aStack({ hooks: { before_up: 'exit 3' } }).defineService('a', { command: ['sleep', '600'] });
    const told = record(stack);
    const error = bad(await stack.start());
    expect(error.message).to.match(/before_up/);
    expect(told.map(({ type }) => type)).not.to.include('serviceStarted');
  });

  it('restarts a service whose file has changed, in development and where it was not told otherwise', async () => {
    const project = createProject({ 'src/a.txt': '1' });
    const stack = aStackIn(project, { environment: 'development' }).defineService('a', {
      command: program('listens.mjs'),
      watch: { files: ['src/**'], debounce: '20ms' },
    });
    const told = record(stack);
    good(await stack.start());
    await until('its files are watched', () =>
      told.some((event) => event.type === 'notice' && event.message.startsWith('watching')),
    );
    const before = await pidOf(stack, 'a');
    project.write('src/a.txt', '2');
    await until('it is another one, and ready', () => told.filter(({ type }) => type === 'serviceReady').length === 2);
    expect(await pidOf(stack, 'a')).not.to.equal(before);
    const stopping = told.find((event) => event.type === 'serviceStopping');
    expect(stopping?.type === 'serviceStopping' ? stopping.reason : '').to.contain('src/a.txt');
  });

  it('tells a change of health with its reason', async () => {
    const project = createProject({ well: '' });
    const stack = aStackIn(project).defineService('api', {
      command: program('listens.mjs'),
      health: { exec: ['test', '-e', 'well'], interval: '50ms', timeout: '60s', retries: 1 },
    });
    const told = record(stack);
    const changed = (healthy: boolean): Promise<unknown> =>
      until('health', () => told.some((event) => event.type === 'healthChanged' && event.healthy === healthy));
    good(await stack.start());
    const { rmSync } = await import('node:fs');
    rmSync(project.path('well'));
    await changed(false);
    expect(good(await stack.health()).services['api']).to.include({ state: 'unhealthy', healthy: false });
    writeFileSync(project.path('well'), '');
    await changed(true);
  });

  it('tells nothing that is not in the catalogue of events', async () => {
    const stack = shop();
    const told = record(stack);
    good(await stack.start());
    good(await stack.close());
    for (const { type } of told) expect(stackEventTypes).to.include(type);
  });
});
