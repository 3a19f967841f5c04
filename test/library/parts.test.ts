import { spawn } from 'node:child_process';
import fs, { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import {
  createMonitor,
  createProcessManager,
  createStateStore,
  type Monitor,
  type ProcessDefinition,
  type ProcessManager,
} from '../../lib/index.ts';
import { projectId } from '../../lib/runtime/identity.ts';
import { createProject, type Project } from '../support/cli.ts';
import { freePort, isLiving, until } from '../support/procs.ts';
import { aStackIn, bad, good, node, program, record, variablesOf } from './rig.ts';

const managers = new Set<ProcessManager>();
const monitors = new Set<Monitor>();

afterEach(async () => {
  for (const manager of managers) await manager.close();
  for (const monitor of monitors) monitor.close();
  managers.clear();
  monitors.clear();
});

const aManager = (project: Project = createProject()): ProcessManager => {
  const manager = createProcessManager({ cwd: project.folder, variables: variablesOf(project) });
  managers.add(manager);
  return manager;
};

/** A process that carries the marker of a service of this folder, and that nobody supervises. */
const leaveBehind = async ({ folder }: Project, service: string): Promise<number> => {
  const child = spawn('sleep', ['600'], {
    env: { ...process.env, MUSTER_INSTANCE: `${projectId(folder)}/${service}/1` },
    stdio: 'ignore',
    detached: true,
  });
  await new Promise((resolve) => child.once('spawn', resolve));
  child.unref();
  return child.pid ?? 0;
};

describe('the process manager', function () {
  it('refuses what only a stack does, instead of dropping it', async () => {
    const manager = aManager();
    const definition = {
      command: 'sleep 600',
      port: 'auto',
      log: { max_size: '1MB', split: true },
      stop: { command: 'true', timeout: '1s' },
      restart: 'always',
    };
    const error = bad(await manager.spawn('zoo', definition as unknown as ProcessDefinition));
    expect(error.kind).to.equal('invalid');
    expect(error.message.replaceAll(/:\d+:\d+/g, '').split('\n')).to.deep.equal(
      ['port: auto', 'log.max_size', 'stop.command', 'restart'].map(
        (what) => `<zoo>: "${what}" is for a service of a stack; use createStack, or leave it out`,
      ),
    );
    expect(manager.list()).to.deep.equal([]);
  });

  it('starts a process and ends its whole tree, also what has left its group', async () => {
    const project = createProject();
    const manager = aManager(project);
    const told: string[] = [];
    manager.on('*', ({ type }) => told.push(type));
    const { process: started } = good(await manager.spawn('zoo', { command: program('forks-setsid.mjs') }));
    expect(started.isAlive()).to.equal(true);
    const log = project.path('logs', 'zoo.log');
    await until('it has forked', () => existsSync(log) && /\d+/.test(readFileSync(log, 'utf8')));
    const child = Number(/\d+/.exec(readFileSync(log, 'utf8'))?.[0]);
    expect(isLiving(child)).to.equal(true);
    good(await started.stop());
    expect(isLiving(child)).to.equal(false);
    expect(isLiving(started.identity.pid)).to.equal(false);
    await started.exited;
    expect(manager.list()).to.deep.equal([]);
    expect(told).to.deep.equal(['serviceStarted', 'serviceExited']);
  });

  it('tells how a process ended, refuses a second one of its name, and stops all at its close', async () => {
    const manager = aManager();
    const { process: short } = good(await manager.spawn('short', { command: [node, '-e', 'process.exit(7)'] }));
    expect(await short.exited).to.deep.equal({ code: 7, signal: null });
    const { process: long } = good(await manager.spawn('long', { command: ['sleep', '600'] }));
    expect(bad(await manager.spawn('long', { command: ['sleep', '600'] })).message).to.equal('"long" runs already');
    good(await manager.close());
    expect(isLiving(long.identity.pid)).to.equal(false);
  });

  it('F150: knows who of its own lives also where no file can be opened', async () => {
    const manager = aManager();
    const { process: short } = good(await manager.spawn('short', { command: ['true'] }));
    const { process: long } = good(await manager.spawn('long', { command: ['sleep', '600'] }));
    await short.exited;
    const { openSync } = fs;
    fs.openSync = () => {
      throw Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' });
    };
    syncBuiltinESMExports();
    try {
      expect([short.isAlive(), long.isAlive()]).to.deep.equal([false, true]);
      expect(manager.list().map(({ name }) => name)).to.deep.equal(['long']);
    } finally {
      fs.openSync = openSync;
      syncBuiltinESMExports();
    }
  });

  it('of two calls at the same moment for one name, one starts it and the other is refused', async () => {
    const manager = aManager();
    const answers = await Promise.all([1, 2].map(() => manager.spawn('job', { command: ['sleep', '600'] })));
    expect(answers.map(({ ok }) => ok)).to.deep.equal([true, false]);
    expect(manager.list()).to.have.lengthOf(1);
    const others = await Promise.all(['a', 'b'].map((name) => manager.spawn(name, { command: ['sleep', '600'] })));
    for (const other of others) good(other);
    expect(manager.list()).to.have.lengthOf(3);
    expect(good(await manager.orphans.find()).orphans).to.deep.equal([]);
  });

  it('its close ends what is still being started, and gives the folder away', async () => {
    const project = createProject();
    const manager = aManager(project);
    const spawning = manager.spawn('late', { command: ['sleep', '600'] });
    good(await manager.close());
    const answer = await spawning;
    if (answer.ok) expect(answer.process.isAlive()).to.equal(false);
    expect(manager.list()).to.deep.equal([]);
    expect(bad(await manager.spawn('later', { command: ['sleep', '600'] })).kind).to.equal('closed');
    good(await manager.close());
    const stack = aStackIn(project).defineService('b', { command: ['sleep', '600'] });
    good(await stack.start());
    expect(good(await stack.orphans.find()).orphans).to.deep.equal([]);
  });

  it('complains of a definition in the words of check, and of a program that is not there', async () => {
    const manager = aManager();
    expect(bad(await manager.spawn('a', { comand: 'x' } as object)).message).to.contain('did you mean "command"?');
    expect(bad(await manager.spawn('a', { command: 'no-such-program' })).message).to.match(/no-such-program/);
  });

  it('has its folder alone: no supervisor comes beside it', async () => {
    const project = createProject();
    const manager = aManager(project);
    good(await manager.spawn('a', { command: ['sleep', '600'] }));
    const stack = aStackIn(project).defineService('b', { command: ['sleep', '600'] });
    expect(bad(await stack.start()).kind).to.equal('held');
    good(await manager.close());
    good(await stack.start());
    expect(bad(await aManager(project).spawn('c', { command: ['sleep', '600'] })).kind).to.equal('held');
  });
});

describe('orphans', function () {
  it('are found and ended through a stack that does not run, and nothing else is', async () => {
    const project = createProject();
    const pids = [await leaveBehind(project, 'ghost'), await leaveBehind(project, 'other')];
    const stack = aStackIn(project).defineService('a', { command: ['sleep', '600'] });
    const told = record(stack);
    const { orphans } = good(await stack.orphans.find());
    expect(orphans.map(({ service, pid }) => `${service} ${pid}`)).to.have.members([`ghost ${pids[0]}`, `other ${pids[1]}`]);
    const first = orphans.filter(({ service }) => service === 'ghost');
    const { ended, survived } = good(await stack.orphans.end(first));
    expect([ended, survived]).to.deep.equal([first, []]);
    expect(pids.map(isLiving)).to.deep.equal([false, true]);
    expect(told.map(({ type }) => type)).to.deep.equal(['orphanFound', 'orphanFound', 'orphanKilled']);
  });

  it('are told apart by their identity: another process with the same pid is not ended', async () => {
    const project = createProject();
    const pid = await leaveBehind(project, 'ghost');
    const stack = aStackIn(project).defineService('a', { command: ['sleep', '600'] });
    const [orphan] = good(await stack.orphans.find()).orphans;
    if (orphan === undefined) throw new Error('not found');
    expect(good(await stack.orphans.end([{ ...orphan, startTime: '1' }])).ended).to.deep.equal([]);
    expect(isLiving(pid)).to.equal(true);
    expect(good(await stack.orphans.end()).ended.map((each) => each.pid)).to.deep.equal([pid]);
  });

  it('are found beside a stack that runs, whose own processes are none', async () => {
    const project = createProject();
    const stack = aStackIn(project).defineService('a', { command: ['sleep', '600'] });
    good(await stack.start());
    expect(good(await stack.orphans.find()).orphans).to.deep.equal([]);
    const pid = await leaveBehind(project, 'ghost');
    expect(good(await stack.orphans.end()).ended.map((each) => each.pid)).to.deep.equal([pid]);
    expect(good(await stack.health()).services['a']).to.include({ healthy: true });
  });

  it('that are there at the start are ended then, and told', async () => {
    const project = createProject();
    const pid = await leaveBehind(project, 'ghost');
    const stack = aStackIn(project).defineService('a', { command: ['sleep', '600'] });
    const told = record(stack);
    good(await stack.start());
    expect(isLiving(pid)).to.equal(false);
    const orphans = told.flatMap((event) => (event.type === 'orphanFound' || event.type === 'orphanKilled' ? [event] : []));
    expect(orphans.map(({ type, service }) => `${type} ${service}`)).to.deep.equal(['orphanFound ghost', 'orphanKilled ghost']);
  });
});

describe('the monitor', function () {
  const aMonitor = async (options: Parameters<typeof createMonitor>[0]): Promise<Monitor> => {
    const { monitor } = good(await createMonitor(options));
    monitors.add(monitor);
    return monitor;
  };

  it('sees the health of what it has not started, and when it changes', async () => {
    const project = createProject({ well: '' });
    const exec = { exec: ['test', '-e', 'well'], interval: '50ms', timeout: '60s', retries: 2 };
    const monitor = await aMonitor({
      cwd: project.folder,
      variables: variablesOf(project),
      services: { file: { health: exec } },
    });
    expect(monitor.health()).to.deep.equal({ file: { healthy: null, detail: null, since: null } });
    const told: string[] = [];
    const reading = (async () => {
      for await (const event of monitor.events()) {
        if (event.type === 'healthChanged') told.push(`${event.service} ${event.healthy ? 'well' : 'ill'}`);
      }
    })();
    await until('it is well', () => monitor.health()['file']?.healthy === true);
    rmSync(project.path('well'));
    await until('it is ill', () => monitor.health()['file']?.healthy === false);
    expect(monitor.health()['file']?.detail).to.match(/1/);
    writeFileSync(project.path('well'), '');
    await until('it is well again', () => monitor.health()['file']?.healthy === true);
    monitor.close();
    await reading;
    expect(told).to.deep.equal(['file well', 'file ill', 'file well']);
  });

  it('knows by the first answer that nobody is there', async () => {
    const port = await freePort();
    const monitor = await aMonitor({
      services: { db: { port }, web: { port, health_url: `http://127.0.0.1:${port}/` } },
    }).catch((error: unknown) => error);
    // Two of one port are a mistake here, too.
    expect(String(monitor)).to.contain('is already used by "db"');
    const alone = await aMonitor({ services: { db: { port } } });
    await until('an answer', () => alone.health()['db']?.healthy === false);
    expect(alone.health()['db']?.detail).to.match(/refused/);
  });
});

describe('the state store', function () {
  it('reads what is remembered while the stack runs and after it, and forgets when it is asked to', async () => {
    const project = createProject();
    const store = createStateStore({ cwd: project.folder, variables: variablesOf(project) });
    expect(good(await store.read()).state).to.deep.include({ running: {}, warning: null });
    expect(good(await store.lastRun()).run).to.equal(null);
    const stack = aStackIn(project).defineService('a', { command: ['sleep', '600'] });
    good(await stack.start());
    expect(good(await store.read()).state.running).to.have.nested.property('a.process.pid');
    expect(bad(await store.forget()).kind).to.equal('held');
    good(await stack.stop());
    expect(good(await store.lastRun()).run?.outcome).to.equal('up');
    expect(good(await store.stats()).stats.services.map(({ name }) => name)).to.deep.equal(['a']);
    good(await store.forget());
    expect(good(await store.lastRun()).run).to.equal(null);
  });

  it('takes a damaged file for what it is: it is set aside, and the warning is a value', async () => {
    const project = createProject({ '.server_memory.json': '{"half":' });
    const store = createStateStore({ cwd: project.folder, variables: variablesOf(project) });
    const { state } = good(await store.read());
    expect(state.history.runs).to.deep.equal([]);
    expect(state.warning).to.match(/damaged|set aside/);
    const copies = readdirSync(dirname(store.file)).filter((name) => name.startsWith('.server_memory.json.'));
    expect(copies.map((name) => readFileSync(join(dirname(store.file), name), 'utf8'))).to.deep.equal(['{"half":']);
  });
});
