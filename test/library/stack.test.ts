import { get } from 'node:http';
import { expect } from 'chai';
import type { FailureFacts, ServiceDefinition } from '../../lib/index.ts';
import { freePort, isLiving, until } from '../support/procs.ts';
import { aStack, bad, good, node, pidOf, program, record, shop, tell } from './rig.ts';

const ask = (url: string): Promise<number> =>
  new Promise((resolve, reject) => {
    get(url, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    }).on('error', reject);
  });

describe('a stack of a program', () => {
  it('boots in order, is healthy, answers, and is gone after stop', async () => {
    const stack = shop();
    const told = record(stack);
    const { verdict, snapshot } = good(await stack.start());
    expect(verdict).to.equal('up');
    expect(snapshot.services.map(({ name, state }) => `${name} ${state}`)).to.deep.equal(['db ready', 'api ready']);
    const { url, pid } = snapshot.services[1] ?? {};
    expect(await ask(String(url))).to.equal(200);
    const { services } = good(await stack.health());
    expect(services['api']).to.include({ state: 'ready', healthy: true });
    good(await stack.stop());
    expect(isLiving(Number(pid))).to.equal(false);
    expect(told.map(tell)).to.deep.equal([
      'stackStarting',
      'serviceWaiting api',
      'serviceStarting db',
      'serviceStarted db',
      'serviceReady db',
      'serviceStarting api',
      'serviceStarted api',
      'serviceReady api',
      'stackReady',
      'stackStopping',
      'serviceStopping api',
      'serviceExited api',
      'serviceStopped api',
      'serviceStopping db',
      'serviceExited db',
      'serviceStopped db',
      'stackStopped',
    ]);
    expect(told.every(({ at }) => Number.isInteger(at))).to.equal(true);
  });

  it('starts again after it was stopped, and remembers its boots', async () => {
    const stack = shop();
    good(await stack.start());
    good(await stack.stop());
    expect(bad(await stack.restart()).kind).to.equal('not-running');
    good(await stack.start());
    good(await stack.stop());
    expect(stack.history().runs.map(({ outcome }) => outcome)).to.deep.equal(['up', 'up']);
    const { state } = good(await stack.state.read());
    expect(state.history.runs.length).to.equal(2);
  });

  it('starts a part of it with what that needs, and the rest later', async () => {
    const stack = shop().defineService('other', { command: program('listens.mjs') });
    const first = good(await stack.start(['api']));
    expect(first.snapshot.services.map(({ state }) => state)).to.have.members(['ready', 'ready', 'idle']);
    const second = good(await stack.start());
    expect(second.snapshot.services.map(({ state }) => state)).to.deep.equal(['ready', 'ready', 'ready']);
  });

  it('stops one, which is refused while others need it, and starts it again', async () => {
    const stack = shop();
    good(await stack.start());
    const error = bad(await stack.stop(['db']));
    expect(error).to.deep.include({ kind: 'needed', neededBy: [{ name: 'api', needs: 'db' }] });
    good(await stack.stop(['db'], { dependents: 'with-dependents' }));
    const { snapshot } = good(await stack.status());
    expect(snapshot.services.map(({ state }) => state)).to.deep.equal(['stopped', 'stopped']);
    good(await stack.start());
  });

  it('takes one name as well as a list of them, and says so of what is no name', async () => {
    const stack = shop();
    good(await stack.start('db'));
    good(await stack.restart('db'));
    good(await stack.stop('db'));
    const { services } = good(await stack.status()).snapshot;
    expect(services.map(({ name, state }) => `${name} ${state}`)).to.include('db stopped');
    const error = bad(await stack.stop(7 as never));
    expect(error).to.include({ kind: 'unknown-service', message: 'the name of a service is a text, not 7' });
    expect(bad(await stack.start([undefined] as never)).kind).to.equal('unknown-service');
    good(await stack.stop());
  });

  it('restarts one: another process, the other untouched', async () => {
    const stack = shop();
    good(await stack.start());
    const before = [await pidOf(stack, 'db'), await pidOf(stack, 'api')];
    good(await stack.restart(['api']));
    expect(await pidOf(stack, 'db')).to.equal(before[0]);
    expect(await pidOf(stack, 'api')).not.to.equal(before[1]);
  });

  it('says of every call in which a name is wrong which one was meant', async () => {
    const stack = shop();
    const wrong = 'apii' as 'api';
    expect(bad(await stack.start([wrong]))).to.include({ kind: 'unknown-service', name: 'apii', suggestion: 'api' });
    good(await stack.start());
    for (const call of [stack.start([wrong]), stack.stop([wrong]), stack.restart([wrong]), stack.why(wrong)]) {
      expect(bad(await call).message).to.equal('there is no service "apii"; did you mean "api"?');
    }
  });

  it('tells a failed boot as a value, with the reason and the last lines; the rest stays up to be looked at', async () => {
    const stack = aStack()
      .defineService('db', {
        command: [node, '-e', 'console.log("no disk"); process.exit(3)'],
        restart: 'no',
        ready: { log: 'x' },
      })
      .defineService('api', { command: program('listens.mjs'), depends_on: ['db'] })
      .defineService('other', { command: program('listens.mjs') });
    const error = bad(await stack.start());
    if (error.kind !== 'failed') throw new Error(error.kind);
    expect(error.message).to.match(/^db: exited with code 3/);
    expect(error.verdict).to.equal('failed');
    expect(error.failures.map(({ cause, logLines }) => [cause.name, logLines])).to.deep.equal([['db', ['no disk']]]);
    const { services } = good(await stack.health());
    expect(services).to.deep.include({ other: { state: 'ready', healthy: true, detail: null } });
    expect(services['api']).to.include({ state: 'skipped', healthy: false });
    const { why } = good(await stack.why('api'));
    expect(why.steps.map(({ service }) => service)).to.deep.equal(['api', 'db']);
  });

  it('takes down a failed boot when it was asked to', async () => {
    const stack = aStack()
      .defineService('good', { command: program('listens.mjs') })
      .defineService('bad', { command: [node, '-e', 'process.exit(3)'], restart: 'no', ready: { log: 'x' } });
    const told = record(stack);
    expect(bad(await stack.start([], { rollback: true })).kind).to.equal('failed');
    expect(stack.control()).to.equal(null);
    expect(told.at(-1)?.type).to.equal('stackStopped');
  });

  it('is degraded without what is optional', async () => {
    const stack = aStack().defineService('mail', {
      command: [node, '-e', 'process.exit(1)'],
      optional: true,
      restart: 'no',
      ready: { log: 'x' },
    });
    const { verdict, failures } = good(await stack.start());
    expect(verdict).to.equal('degraded');
    expect(failures.map(({ cause }) => cause.name)).to.deep.equal(['mail']);
  });

  it('a restart, a reload and a further start tell what failed of what they were about, as the first start does', async () => {
    const quits = {
      command: [node, '-e', 'console.log("no disk"); process.exit(3)'],
      restart: 'no',
      ready: { log: 'x' },
    } as const;
    const stack = aStack()
      .defineService('mail', { ...quits, optional: true })
      .defineService('db', quits)
      .defineService('api', { command: program('listens.mjs') });
    const tellFailures = (failures: readonly FailureFacts[]): readonly unknown[] =>
      failures.map(({ cause, logLines }) => [cause.name, ...logLines]);
    expect(bad(await stack.start()).kind).to.equal('failed');
    for (const act of [() => stack.restart('db'), () => stack.start('db')]) {
      const error = bad(await act());
      if (error.kind !== 'failed') throw new Error(error.kind);
      expect(tellFailures(error.failures)).to.deep.equal([['db', 'no disk']]);
    }
    const reloaded = bad(await stack.reload());
    if (reloaded.kind !== 'failed') throw new Error(reloaded.kind);
    expect(tellFailures(reloaded.failures)).to.have.deep.members([
      ['mail', 'no disk'],
      ['db', 'no disk'],
    ]);
    const mail = good(await stack.restart('mail'));
    expect([mail.verdict, tellFailures(mail.failures)]).to.deep.equal(['degraded', [['mail', 'no disk']]]);
    // What else has failed is told by the snapshot.
    const api = good(await stack.restart('api'));
    expect([api.verdict, api.failures, api.snapshot.outcome.verdict]).to.deep.equal(['up', [], 'failed']);
  });

  it('finds the same mistakes as in a file, and starts nothing', async () => {
    const stack = aStack()
      .defineService('api', { comand: 'x', port: 4_000_000 } as ServiceDefinition<never>)
      .defineService('api', { command: program('listens.mjs'), health_timeout: '30' });
    const error = bad(await stack.start());
    if (error.kind !== 'invalid') throw new Error(error.kind);
    expect(error.diagnostics.map(({ code }) => code)).to.include.members(['duplicate-name', 'unknown-key']);
    expect(error.message).to.contain('<shop>:');
    expect(error.message).to.contain('did you mean "command"?');
    for (const { line } of error.diagnostics) expect(line).to.be.at.most(String(error.source).split('\n').length);
    expect(bad(await stack.check()).message).to.equal(error.message);
  });

  it('says what is wrong with a folder that is not there', async () => {
    const stack = aStack({ cwd: '/nowhere/at/all' }).defineService('a', { command: 'true' });
    expect(bad(await stack.start()).message).to.match(/folder "\/nowhere\/at\/all" cannot be used \(ENOENT\)/);
    expect(bad(await stack.orphans.find()).kind).to.equal('unusable');
    expect(bad(await stack.state.read()).kind).to.equal('unusable');
  });

  it('names who holds a port that it needs', async () => {
    const port = await freePort();
    const { createServer } = await import('node:net');
    const server = createServer().listen(port, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    try {
      const stack = aStack().defineService('api', { command: program('listens.mjs'), port });
      const told = record(stack);
      const error = bad(await stack.start());
      expect(error.message).to.contain(`port ${port} is held by`);
      const conflict = told.find((event) => event.type === 'portConflict');
      expect(conflict).to.deep.include({ service: 'api', port });
      expect(conflict?.type === 'portConflict' ? conflict.holders[0]?.pid : null).to.equal(process.pid);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('reloads: what was defined since takes part, and nothing else is touched', async () => {
    const stack = shop();
    good(await stack.start());
    const before = [await pidOf(stack, 'db'), await pidOf(stack, 'api')];
    stack.defineService('web', { command: program('listens.mjs'), depends_on: ['api'] });
    const { snapshot } = good(await stack.reload());
    expect(snapshot.services.map(({ name, state }) => `${name} ${state}`)).to.deep.equal(['db ready', 'api ready', 'web ready']);
    expect([await pidOf(stack, 'db'), await pidOf(stack, 'api')]).to.deep.equal(before);
    stack.defineService('bad', { comand: 'x' } as ServiceDefinition<never>);
    expect(bad(await stack.reload()).kind).to.equal('invalid');
    expect([await pidOf(stack, 'db'), await pidOf(stack, 'api')]).to.deep.equal(before);
  });

  it('is stopped in the middle of its boot: the start says so, and nothing is left', async () => {
    const stack = aStack().defineService('slow', { command: ['sleep', '600'], ready: { log: 'never' } });
    const told = record(stack);
    const starting = stack.start();
    await until('it has begun', () => told.some(({ type }) => type === 'serviceStarted'));
    const pid = await pidOf(stack, 'slow');
    good(await stack.stop());
    expect(bad(await starting).kind).to.equal('stopping');
    expect(isLiving(pid)).to.equal(false);
    expect(told.at(-1)?.type).to.equal('stackStopped');
  });

  it('is started by two at once, and closed while it starts', async () => {
    const stack = shop();
    const results = await Promise.all([stack.start(), stack.start(['db'])]);
    expect(results.map(({ ok }) => ok)).to.deep.equal([true, true]);
    expect(good(await stack.status()).snapshot.services.map(({ attempt }) => attempt)).to.deep.equal([1, 1]);
    good(await stack.stop());
    const starting = stack.start();
    good(await stack.close());
    expect(bad(await starting).kind).to.be.oneOf(['stopping', 'closed']);
  });
});
