import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { connectControl, type RemoteControl } from '../../lib/interfaces/control/client.ts';
import { projectId } from '../../lib/runtime/identity.ts';
import { runtimeDir } from '../../lib/runtime/runtime-dir.ts';
import { createProject, type Project, runMuster, startMuster } from '../support/cli.ts';
import { isLiving, until } from '../support/procs.ts';
import { bootStack, program, startStack, toYaml } from '../support/stack-rig.ts';

const controls: RemoteControl[] = [];

/** Where the supervisor of a project of the rig has its socket. */
const runtimeFolder = ({ folder }: Pick<Project, 'folder'>, root = folder): string => {
  const base = [dirname(folder), dirname(dirname(folder))].find((parent) => existsSync(join(parent, 'run'))) ?? '';
  const found = runtimeDir(projectId(root), { XDG_RUNTIME_DIR: join(base, 'run') });
  if (!found.ok) throw new Error(found.reason);
  return found.path;
};

const controlOf = async (project: Pick<Project, 'folder'>, root?: string): Promise<RemoteControl> => {
  const control = await connectControl(runtimeFolder(project, root));
  if (!control.ok) throw new Error(control.reason);
  controls.push(control);
  return control;
};

const sleeper = { command: 'sleep 600', startup_delay: '10ms' };
// api ─► db
const twoSleepers = { db: sleeper, api: { ...sleeper, depends_on: ['db'] } };

describe('an attached up, controlled from elsewhere', function () {
  afterEach(() => {
    for (const { close } of controls.splice(0)) close();
  });

  it('down ends it in order with code 0; the answer comes when its lock is free', async () => {
    const up = await bootStack(twoSleepers);
    const control = await controlOf(up.project);
    const { services } = await control.snapshot();
    const told: string[] = [];
    const events = (async () => {
      for await (const event of control.events(new AbortController().signal)) {
        told.push(
          event.type === 'changed'
            ? `${event.service.name} ${event.service.state}`
            : event.type === 'noticed'
              ? event.text
              : event.type,
        );
      }
    })();
    expect((await control.down()).survivors).to.deep.equal([]);
    for (const { pid } of services) expect(isLiving(pid ?? 0)).to.equal(false);
    const again = startStack(twoSleepers, { project: up.project });
    await events;
    expect(told).to.include.members(['api stopped', 'db stopped']);
    expect(told.at(-1)).to.equal('ended');
    expect((await up.muster.done).code).to.equal(0);
    expect((await again.settled()).type).to.equal('stackReady');
    expect((await again.stop()).code).to.equal(143);
    expect(existsSync(join(runtimeFolder(up.project), 'control.sock'))).to.equal(false);
  });

  it('stays when everything was stopped by hand, until it is told to go', async () => {
    const up = await bootStack(twoSleepers);
    const control = await controlOf(up.project);
    const stopped = await control.stop([], 'refuse');
    expect(stopped.ok && stopped.snapshot.services.map(({ state }) => state)).to.deep.equal(['stopped', 'stopped']);
    const started = await control.start(['api']);
    expect(started.ok && started.snapshot.services.map(({ state, attempt }) => [state, attempt])).to.deep.equal([
      ['ready', 2],
      ['ready', 2],
    ]);
    const restarted = await control.restart(['db']);
    expect(restarted.ok && restarted.names).to.deep.equal(['db']);
    await control.stop([], 'refuse');
    expect((await up.stop('SIGINT')).code).to.equal(130);
  });

  it('can be looked at, stopped in part and taken down while it boots', async () => {
    const up = startStack({ ...twoSleepers, slow: { command: 'sleep 600', ready: { file: 'never' } } });
    await up.event('serviceReady', 'api');
    const control = await controlOf(up.project);
    const why = await control.why('slow');
    expect('steps' in why && why.steps[0]?.because).to.match(/^spawned, waits for its file to appear/);
    expect((await control.stop(['api'], 'refuse')).ok).to.equal(true);
    await control.down();
    expect((await up.ended()).code).to.equal(1);
  });

  it('why shows the last lines of what failed', async () => {
    const up = await bootStack({
      db: sleeper,
      api: { command: 'echo the disk is gone; exit 3', restart: 'no', depends_on: ['db'], optional: true },
    });
    const control = await controlOf(up.project);
    const why = await control.why('api');
    expect(why).to.deep.include({ service: 'api', logLines: ['the disk is gone'], logFile: up.project.path('logs', 'api.log') });
    await control.down();
    await up.ended();
  });

  it('hurry kills what does not go by itself', async () => {
    const up = await bootStack({
      stubborn: { command: program('ignores-sigterm.mjs'), ready: { log: '.' }, stop: { timeout: '10m' } },
    });
    const control = await controlOf(up.project);
    const down = control.down();
    await up.event('serviceStopping', 'stubborn');
    await control.hurry(2);
    expect((await down).survivors).to.deep.equal([]);
    expect((await up.ended()).code).to.equal(0);
  });

  it('S1, S-15: its socket is closed to others, in a folder that is', async () => {
    const up = await bootStack({ a: sleeper });
    const folder = runtimeFolder(up.project);
    const modes = spawnSync('stat', ['-c', '%a %F', folder, join(folder, 'control.sock')], { encoding: 'utf8' })
      .stdout.trim()
      .split('\n');
    expect(modes).to.deep.equal(['700 directory', '600 socket']);
    await up.stop();
  });

  it('F91: a deleted socket comes back, and there is no second supervisor', async () => {
    const up = await bootStack({ a: sleeper });
    const { pid } = await controlOf(up.project);
    rmSync(join(runtimeFolder(up.project), 'control.sock'));
    const second = startStack({ a: sleeper }, { project: up.project });
    expect((await second.muster.done).code).to.equal(0);
    expect((await controlOf(up.project)).pid).to.equal(pid);
    await up.stop();
  });

  it('F92: after kill -9 its socket is stale, and the next up takes its place', async () => {
    const up = await bootStack({ a: sleeper });
    up.muster.signal('SIGKILL');
    await up.muster.done;
    expect(await connectControl(runtimeFolder(up.project))).to.deep.include({ ok: false, why: 'none', stale: true });
    const next = await bootStack({ a: sleeper }, { project: up.project });
    await (await controlOf(next.project)).down();
    expect((await next.ended()).code).to.equal(0);
  });

  it('F92: a socket that is stale though the stack went down in order is no supervisor that was killed', async () => {
    const up = await bootStack({ a: sleeper });
    const socket = join(runtimeFolder(up.project), 'control.sock');
    await up.stop();
    const leave = `require('node:net').createServer().listen(${JSON.stringify(socket)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', leave]);
    expect(await connectControl(runtimeFolder(up.project))).to.deep.include({ ok: false, why: 'none', stale: true });
    expect(await runMuster(['down'], { cwd: up.project.folder })).to.include({ code: 0, stdout: 'nothing is running here\n' });
    expect(existsSync(socket)).to.equal(false);
  });

  it('F93: works for long and odd paths, and two with a long common beginning do not share a socket', async () => {
    const { folder } = createProject();
    const prefix = join(folder, `${'x'.repeat(150)}/${'y z\n"\'ü$(a)`'.repeat(8)}`);
    const runs = await Promise.all(
      ['one', 'two'].map(async (name) => {
        const root = join(prefix, name);
        mkdirSync(root, { recursive: true });
        const project = { folder: root, path: (...parts: readonly string[]) => join(root, ...parts) };
        spawnSync('tee', [join(root, 'services.yaml')], { input: toYaml({ [name]: sleeper }) });
        const muster = startMuster(['up', '--json'], { cwd: root });
        await muster.waitForLine(/stackReady/);
        const control = await connectControl(runtimeFolder({ folder }, root));
        return { project, muster, control, name };
      }),
    );
    for (const { control, name, muster } of runs) {
      if (!control.ok) throw new Error(control.reason);
      expect((await control.snapshot()).services.map((service) => service.name)).to.deep.equal([name]);
      expect((await control.down()).survivors).to.deep.equal([]);
      expect((await muster.done).code).to.equal(0);
      control.close();
    }
  });

  it('F97: through a symbolic link it is the same supervisor', async () => {
    const up = await bootStack({ a: sleeper });
    const link = `${up.project.folder}-link`;
    symlinkSync(up.project.folder, link);
    const [direct, linked] = [await controlOf(up.project), await controlOf(up.project, link)];
    expect(linked.pid).to.equal(direct.pid);
    const second = startMuster(['up'], { cwd: link });
    expect(await second.done).to.deep.include({ code: 0 });
    await up.stop();
  });

  it('F95: a client that was killed in the middle leaves the stack as it is', async () => {
    const up = await bootStack(twoSleepers);
    const control = await controlOf(up.project);
    const path = join(runtimeFolder(up.project), 'control.sock');
    const script = `const s = require('node:net').connect(${JSON.stringify(path)}, () => { s.write('{"id":1,"v":"x","method":"events"}\\n{"id":2,"v":"x","me', () => process.kill(process.pid, 'SIGKILL')); })`;
    spawnSync(process.execPath, ['-e', script]);
    expect((await control.snapshot()).services.map(({ state }) => state)).to.deep.equal(['ready', 'ready']);
    await until('it goes on', async () => (await control.snapshot()).outcome.settled);
    await up.stop();
  });
});
