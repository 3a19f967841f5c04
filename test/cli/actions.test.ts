import { expect } from 'chai';
import { projectId } from '../../lib/runtime/identity.ts';
import { createProject, type RunResult, runMuster, startMuster } from '../support/cli.ts';
import { assertNoMarked, isLiving } from '../support/procs.ts';
import { bootStack, expectNothingLeft, program, type Services, startStack, toYaml, type Up } from '../support/stack-rig.ts';
import { hasTerminals, openTerminal } from '../support/terminal.ts';

const muster = ({ project: { folder } }: Up, ...args: readonly string[]): Promise<RunResult> => runMuster(args, { cwd: folder });

const sleeps = { command: 'sleep 600' };
const chain: Services = { db: sleeps, api: { ...sleeps, depends_on: ['db'] }, web: { ...sleeps, depends_on: ['api'] } };

const statesOf = async (up: Up): Promise<Readonly<Record<string, string>>> => {
  const { stdout } = await muster(up, 'status', '--json');
  const data = JSON.parse(stdout) as { services: { name: string; state: string }[] };
  return Object.fromEntries(data.services.map(({ name, state }) => [name, state]));
};

describe('start, stop and restart on a running stack', () => {
  // db ─► api ─► web
  it('E11: stop of what others need is refused and they are listed; the two ways to do it all the same', async () => {
    const up = await bootStack(chain);
    const refused = await muster(up, 'stop', 'db');
    expect(refused.code).to.equal(1);
    expect(refused.stderr)
      .to.match(/\n {2}api needs db\n/)
      .and.to.contain('--with-dependents')
      .and.to.contain('--force');
    expect(await statesOf(up)).to.deep.equal({ db: 'ready', api: 'ready', web: 'ready' });

    const forced = await muster(up, 'stop', 'db', '--force');
    expect(forced).to.include({ code: 0, stderr: '' });
    expect(await statesOf(up)).to.deep.equal({ db: 'stopped', api: 'ready', web: 'ready' });

    expect((await muster(up, 'start')).stdout).to.match(/^started db in .*\nup already: api, web\n$/m);
    const whole = await muster(up, 'stop', 'db', '--with-dependents');
    expect(whole.stdout).to.match(/^stopped db, api, web in /m);
    expect(up.order('serviceStopped').slice(-3)).to.deep.equal(['web', 'api', 'db']);
    const both = await muster(up, 'stop', 'db', '--with-dependents', '--force');
    expect(both).to.include({ code: 2, stdout: '' });
    await up.stop();
  });

  it('E12: stop of something stopped does nothing, also where nothing runs', async () => {
    const up = await bootStack(chain);
    expect((await muster(up, 'stop', 'web')).code).to.equal(0);
    expect(await muster(up, 'stop', 'web')).to.include({ code: 0, stdout: 'not running already: web\n', stderr: '' });
    await up.stop();
    expect(await muster(up, 'stop', 'web')).to.include({ code: 0, stderr: '' });
  });

  it('start brings back what was stopped, with what it needs, in order; the stack stays while nothing of it runs', async () => {
    const up = await bootStack(chain);
    expect((await muster(up, 'stop')).code).to.equal(0);
    expect(await statesOf(up)).to.deep.equal({ db: 'stopped', api: 'stopped', web: 'stopped' });
    const started = await muster(up, 'start', 'api');
    expect(started).to.include({ code: 0, stderr: '' });
    expect(started.stdout).to.match(/ db ready .*\n(.*\n)*.* api ready .*\nstarted db, api in \S+ m?s\n$/);
    expect(await statesOf(up)).to.deep.equal({ db: 'ready', api: 'ready', web: 'stopped' });
    await up.stop();
  });

  it('restart gives a service another process, and leaves the others theirs', async () => {
    const up = await bootStack(chain);
    const pid = async (name: string): Promise<unknown> => {
      const { stdout } = await muster(up, 'status', name, '--json');
      return (JSON.parse(stdout) as { services: { pid: number }[] }).services[0]?.pid;
    };
    const [db, web] = [await pid('db'), await pid('web')];
    const result = await muster(up, 'restart', 'db', '--json');
    const data = JSON.parse(result.stdout) as { ok: boolean; names: string[]; services: { name: string; state: string }[] };
    expect(data).to.deep.include({ ok: true, names: ['db'] });
    expect(data.services.map(({ name, state }) => `${name} ${state}`)).to.deep.equal(['db ready']);
    expect(await pid('db')).not.to.equal(db);
    expect(await pid('web')).to.equal(web);
    await up.stop();
  });

  it('a restart that leaves a required service failed is a failure, told with the next command', async () => {
    const up = await bootStack({
      db: { command: "sh -c 'test ! -e broken || exit 3; echo well; exec sleep 600'", ready: { log: 'well' }, restart: 'no' },
      api: { ...sleeps, depends_on: ['db'] },
    });
    up.project.write('broken', '');
    const { code, stdout } = await muster(up, 'restart', 'db');
    expect(code, stdout).to.equal(1);
    expect(stdout).to.match(/^✗ db failed: .*exited with code 3.*\nnext: muster why db\n$/m);
    await up.stop();
  });

  it('one that is not ready in time is exit code 4', async () => {
    const db = { command: 'exec sleep 600', ready: { log: 'ready' }, health_timeout: '300ms', restart: 'no' };
    const project = createProject({ 'services.yaml': toYaml({ db, api: sleeps }) });
    const run = (...args: readonly string[]): Promise<RunResult> => runMuster(args, { cwd: project.folder });
    try {
      expect((await run('up', '-d')).code).to.equal(4);
      const { code, stdout } = await run('restart', 'db');
      expect(code, stdout).to.equal(4);
    } finally {
      await run('down');
    }
    await expectNothingLeft(project);
  });

  it('an unknown service is exit code 2, with the name that was meant', async () => {
    const up = await bootStack(chain);
    for (const command of ['start', 'stop', 'restart', 'down', 'why']) {
      expect(await muster(up, command, 'wbe')).to.deep.equal({
        code: 2,
        signal: null,
        stdout: '',
        stderr: 'muster: unknown service "wbe"; did you mean "web"?\n',
      });
    }
    const data = JSON.parse((await muster(up, 'start', 'wbe', '--json')).stdout) as unknown;
    expect(data).to.deep.equal({ ok: false, refusal: { kind: 'unknown-service', name: 'wbe', suggestion: 'web' } });
    await up.stop();
  });

  it('B9: of a service that takes no part it says why, and what to type; of one that is new in the file, too', async () => {
    const project = createProject();
    const debug = { command: 'exec sleep 600', profiles: ['debug'] };
    // These exclude each other: both cannot have the port.
    const tools = { command: 'exec sleep 600', profiles: ['a', 'b'], port: 5751 };
    const rest = { command: 'exec sleep 600', profiles: ['c'], port: 5751 };
    const up = await bootStack({ api: { command: 'exec sleep 600' }, debug, tools, rest }, { project });
    const start = '"muster up debug" starts it, "muster up --profile debug" all of that profile';
    const inactive = `muster: service "debug" is not in the stack that runs: its profile "debug" is not active; ${start}`;
    for (const command of ['start', 'stop', 'restart', 'why', 'status']) {
      expect(await muster(up, command, 'debug')).to.deep.equal({ code: 2, signal: null, stdout: '', stderr: `${inactive}\n` });
    }
    expect(JSON.parse((await muster(up, 'start', 'debug', '--json')).stdout)).to.deep.equal({
      ok: false,
      refusal: { kind: 'unknown-service', name: 'debug', suggestion: null },
      hint: inactive,
    });
    expect((await muster(up, 'why', 'tools')).stderr).to.include('none of its profiles is active ("a", "b"); "muster up tools"');
    project.write('services.yaml', toYaml({ api: { command: 'exec sleep 600' }, debug, fresh: { command: 'exec sleep 600' } }));
    expect((await muster(up, 'start', 'fresh')).stderr).to.equal(
      'muster: service "fresh" is in the file, but not in the stack that runs; "muster up fresh" starts it\n',
    );
    project.write('services.yaml', toYaml({ api: { command: 'exec sleep 600' }, debug, tools, rest }));
    const added = await muster(up, 'up', '-d', 'debug');
    expect(added.code).to.equal(0);
    expect(added.stdout).to.include('added to what runs: debug').and.not.to.include('has changed');
    expect((await muster(up, 'stop', 'debug')).code).to.equal(0);
    await up.stop();
  });

  it('B9: from a folder below it is said once which file is used', async () => {
    const stack = toYaml({ api: { command: 'exec sleep 600' }, debug: { command: 'exec sleep 600', profiles: ['debug'] } });
    const project = createProject({ 'services.yaml': stack, '.git/HEAD': '', 'below/x': '' });
    expect((await runMuster(['up', '-d'], { cwd: project.folder })).code).to.equal(0);
    try {
      const { stderr } = await runMuster(['start', 'debug'], { cwd: project.path('below') });
      expect(stderr).to.match(
        /^muster: using \.\.\/services\.yaml\nmuster: service "debug" is not in the stack that runs: .*\n$/,
      );
    } finally {
      await runMuster(['down'], { cwd: project.folder });
    }
    await expectNothingLeft(project);
  });

  it('without a running stack, of a name that the file does not have it says which one was meant', async () => {
    const stack = toYaml({ web: sleeps, debug: { ...sleeps, profiles: ['debug'] } });
    const { folder } = createProject({ 'services.yaml': stack });
    for (const command of ['start', 'restart']) {
      const stderr = 'muster: unknown service "webb"; did you mean "web"?\n';
      expect(await runMuster([command, 'webb'], { cwd: folder })).to.include({ code: 2, stdout: '', stderr });
    }
    expect((await runMuster(['restart', 'debug'], { cwd: folder })).stderr).to.include('"muster up debug" starts it');
  });

  it('restart after an edit says that the definition is the one that it was started with, and what applies the other', async () => {
    const project = createProject({ 'db.env': 'SIZE=1\n' });
    const db = { ...sleeps, env_file: 'db.env' };
    const up = await bootStack({ db, api: sleeps }, { project });
    expect((await muster(up, 'restart', 'db')).stdout).to.match(/\nrestarted db in [^\n]*\n$/);
    project.write('db.env', 'SIZE=2\n');
    const old = /\nrestarted db in .*\nwith the definition it was started with: db; "muster up" applies the changed one\n$/;
    expect((await muster(up, 'restart', 'db')).stdout).to.match(old);
    project.write('services.yaml', toYaml({ db, api: { command: 'sleep 601' } }));
    expect((await muster(up, 'restart', 'api')).stdout).to.match(/\nwith the definition it was started with: api; /);
    // All of it at once: a supervisor in front goes on, though nothing runs for a moment.
    expect((await muster(up, 'up', '-d')).code).to.equal(0);
    expect((await muster(up, 'restart', 'api')).stdout).not.to.include('it was started with');
    await up.stop();
  });

  it('without a running stack, start and restart say what to type instead', async () => {
    const { folder } = createProject({ 'services.yaml': 'services:\n  api: { command: sleep 1 }\n' });
    const expected = { code: 2, stderr: 'muster start: nothing is running here; "muster up api" starts it\n' };
    expect(await runMuster(['start', 'api'], { cwd: folder })).to.include(expected);
    expect((await runMuster(['-f', 'services.yaml', 'restart'], { cwd: folder })).stderr).to.equal(
      'muster restart: nothing is running here; "muster -f services.yaml up" starts it\n',
    );
  });

  // front ─► worker ┄► mail, which is optional and failed
  it('leave alone what those that are up go on without', async () => {
    const up = await bootStack({
      mail: { command: 'exit 3', optional: true, restart: 'no' },
      worker: { ...sleeps, depends_on: ['mail'] },
      front: { ...sleeps, depends_on: ['worker'] },
    });
    const attemptsOf = async (): Promise<readonly number[]> => {
      const { stdout } = await muster(up, 'status', '--json');
      const { services } = JSON.parse(stdout) as { readonly services: readonly { readonly attempt: number }[] };
      return services.map(({ attempt }) => attempt);
    };
    expect(await attemptsOf()).to.deep.equal([1, 1, 1]);
    expect((await muster(up, 'restart', 'front')).code).to.equal(0);
    expect(await attemptsOf()).to.deep.equal([1, 1, 2]);
    expect((await muster(up, 'stop', 'front')).code).to.equal(0);
    expect((await muster(up, 'start', 'front')).code).to.equal(0);
    expect(await attemptsOf()).to.deep.equal([1, 1, 3]);
    await up.stop();
  });

  it('after a supervisor that was killed none of them can be carried out, and each says so with exit code 2', async () => {
    const up = await bootStack({ db: sleeps });
    up.muster.signal('SIGKILL');
    await up.muster.done;
    for (const command of ['stop', 'start', 'restart']) {
      const { code, stdout, stderr } = await muster(up, command, 'db');
      expect({ code, stdout }, command).to.deep.equal({ code: 2, stdout: '' });
      expect(stderr).to.match(new RegExp(`^muster ${command}: the supervisor of this stack did not end in order, .*"muster up`));
      const data = await muster(up, command, 'db', '--json');
      expect([data.code, JSON.parse(data.stdout)], command).to.deep.equal([2, { ok: false, running: false, stale: true }]);
    }
    expect((await muster(up, 'down')).code).to.equal(0);
    await expectNothingLeft(up.project);
  });

  it('Ctrl-C ends the waiting, not the start', async () => {
    const up = startStack({ slow: { ...sleeps, ready: { file: 'go' } }, quick: sleeps });
    await up.event('serviceStarted', 'slow');
    expect((await muster(up, 'stop', 'slow')).code).to.equal(0);
    const start = startMuster(['start', 'slow'], { cwd: up.project.folder });
    await start.waitForLine(/ slow starting \(pid \d+\)$/);
    start.signal('SIGINT');
    const { code, stderr } = await start.done;
    expect({ code, stderr }).to.deep.equal({
      code: 130,
      stderr: 'muster start: the supervisor goes on with it; "muster status" shows how far it is\n',
    });
    up.project.write('go', '');
    await up.event('serviceReady', 'slow');
    await up.stop();
  });
});

describe('muster down', () => {
  // db ─► api ─► web
  it('stops everything in order, ends the attached up with 0, and proves that nothing is left', async () => {
    const up = await bootStack(chain);
    const pids = ['db', 'api', 'web'].map((name) => up.events().find(({ service, pid }) => service === name && pid)?.pid ?? -1);
    const { code, stdout, stderr } = await muster(up, 'down');
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(stdout).to.match(/stopped in \S+ m?s; nothing is left\n$/);
    // One that waits for those that need it to be gone is not stopping yet.
    expect(stdout.match(/(?:db|api|web) stopp(?:ing|ed)/g)).to.deep.equal(
      ['web', 'api', 'db'].flatMap((name) => [`${name} stopping`, `${name} stopped`]),
    );
    expect((await up.ended()).code).to.equal(0);
    expect(pids.filter(isLiving)).to.deep.equal([]);
    expect(await muster(up, 'down')).to.include({ code: 0, stdout: 'nothing is running here\n' });
    expect(JSON.parse((await muster(up, 'down', '--json')).stdout)).to.deep.equal({ running: false, stale: false });
  });

  it('up can follow at once', async () => {
    const up = await bootStack(chain);
    expect((await muster(up, 'down')).code).to.equal(0);
    const again = await bootStack(chain, { project: up.project });
    expect(JSON.parse((await muster(again, 'down', '--json')).stdout))
      .to.have.property('survivors')
      .with.length(0);
    await again.ended();
  });

  it('with a name: takes that down with what needs it, and the rest of the stack runs on', async () => {
    const up = await bootStack(chain);
    expect(await muster(up, 'down', 'api')).to.include({ code: 0 });
    expect(await statesOf(up)).to.deep.equal({ db: 'ready', api: 'stopped', web: 'stopped' });
    await up.stop();
  });

  it('E3, E13: in a terminal it shows who is awaited and its limit; Ctrl-C gives 1 s, once more kills', async function () {
    if (!hasTerminals()) this.skip();
    const up = await bootStack({
      api: { command: program('ignores-sigterm.mjs'), ready: { log: 'ready' }, stop: { timeout: '1h' } },
    });
    const terminal = await openTerminal(up.project, ['down']);
    await terminal.shows(/api +stopping .*asked to stop \S+ m?s ago, is killed in (\d+m \d+s|1h 0m)/);
    terminal.type('\x03');
    await terminal.shows(/everything has 1 s; Ctrl-C again kills now/);
    terminal.type('\x03');
    await terminal.shows(/nothing is left/);
    expect(await terminal.exited).to.equal(0);
    await up.ended();
    await assertNoMarked(projectId(up.project.folder));
  });
});
