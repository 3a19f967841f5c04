import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import type { ProcessIdentity } from '../../lib/domain/process.ts';
import { projectId } from '../../lib/runtime/identity.ts';
import { createProject, type Project, type RunResult, runMuster, startMuster } from '../support/cli.ts';
import { freePort, isLiving, programPath, until } from '../support/procs.ts';
import { killNine, ownProcess } from '../support/signals.ts';
import { expectNothingLeft, memoryOf, program, readText, type Services, toYaml } from '../support/stack-rig.ts';

/** Who holds the project's lock. */
const supervisorOf = ({ folder }: Project): ProcessIdentity => {
  const dir = join(dirname(folder), 'run', 'muster', projectId(folder));
  const [lock] = readdirSync(dir).filter((name) => name.startsWith('lock.'));
  return JSON.parse(readText(join(dir, lock ?? 'none'))) as ProcessIdentity;
};

type Told = {
  readonly name: string;
  readonly state: string;
  readonly pid: number | null;
  readonly detail: string | null;
  readonly attempt: number;
};

/** A stack in the background whose supervisor is killed at a chosen moment. */
type Rig = {
  readonly project: Project;
  readonly muster: (...args: readonly string[]) => Promise<RunResult>;
  readonly write: (services: Services) => void;
  readonly service: (name: string) => Promise<Told | undefined>;
  readonly inState: (name: string, state: string) => Promise<Told>;
  readonly log: (name: string) => string;
  readonly kill: () => Promise<void>;
};

const createRig = (services: Services): Rig => {
  const project = createProject();
  const write = (next: Services): void => project.write('services.yaml', toYaml(next));
  const muster = (...args: readonly string[]): Promise<RunResult> => runMuster(args, { cwd: project.folder });
  const service = async (name: string): Promise<Told | undefined> => {
    const { stdout } = await muster('status', '--json');
    // Nothing on stdout: it said on stderr that the supervisor went while it was asked.
    if (stdout === '') return undefined;
    return (JSON.parse(stdout) as { readonly services?: readonly Told[] }).services?.find((each) => each.name === name);
  };
  write(services);
  return {
    project,
    muster,
    write,
    service,
    inState: async (name, state) => {
      let seen: Told | undefined;
      await until(`${name} is ${state}`, async () => {
        seen = await service(name);
        return seen?.state === state;
      });
      return seen as Told;
    },
    log: (name) => readText(project.path('logs', `${name}.log`)),
    kill: async () => {
      const supervisor = supervisorOf(project);
      killNine(supervisor);
      await until('the supervisor is gone', () => !isLiving(supervisor.pid));
    },
  };
};

const predecessor = /the previous supervisor died \(pid \d+\)/;

describe('the supervisor is killed with -9', () => {
  const rigs: Rig[] = [];
  const open = (services: Services): Rig => {
    const rig = createRig(services);
    rigs.push(rig);
    return rig;
  };

  afterEach(async () => {
    for (const { project, muster } of rigs.splice(0)) {
      await muster('down');
      await expectNothingLeft(project);
    }
  });

  it('F06: during a readiness wait: taken over while it starts, and the probe goes on with the time that was left', async () => {
    const rig = open({ api: { command: 'echo started; exec sleep 600', ready: { file: 'sign' }, health_timeout: '5m' } });
    const first = rig.muster('up', '-d');
    await until('it runs', () => rig.log('api') !== '');
    let pid: number | null | undefined = null;
    await until('its pid is known', async () => {
      pid = (await rig.service('api'))?.pid;
      return typeof pid === 'number';
    });
    await rig.kill();
    await first;
    const again = rig.muster('up', '-d');
    await rig.inState('api', 'starting');
    rig.project.write('sign', '');
    expect((await again).code).to.equal(0);
    expect(await rig.service('api')).to.include({ state: 'ready', attempt: 1 });
    expect((await rig.service('api'))?.pid).to.equal(pid);
    expect(rig.log('api')).to.equal('started\n');
  });

  it('F06: what had no time left is tried again, as it would have been', async () => {
    const rig = open({
      api: {
        command: 'echo started; exec sleep 600',
        ready: { file: 'sign' },
        health_timeout: '3s',
        restart: { max: 1, delay: '10ms' },
      },
    });
    const first = rig.muster('up', '-d');
    await until('it runs', () => rig.log('api') !== '');
    await rig.kill();
    await first;
    const again = await rig.muster('up', '-d');
    expect(again.code).to.equal(4);
    expect(rig.log('api')).to.equal('started\nstarted\n');
  });

  it('F08: between TERM and KILL of a stop: the stop is finished, and nothing of it is started again', async () => {
    const deaf = { command: program('ignores-sigterm.mjs'), ready: { log: 'ready' }, stop: { timeout: '3s' } };
    const rig = open({ deaf, web: { command: 'sleep 600' } });
    await rig.muster('up', '-d');
    const web = await rig.service('web');
    const stopping = rig.muster('stop', 'deaf');
    await until('it was asked', () => rig.log('deaf').includes('ignored SIGTERM'));
    await rig.kill();
    await stopping;
    const up = await rig.muster('up', 'web', '-d');
    expect(up.code).to.equal(0);
    expect((await rig.inState('deaf', 'stopped')).pid).to.equal(null);
    expect(await rig.service('web')).to.include({ state: 'ready', pid: web?.pid });
    expect(rig.log('deaf').match(/ready/g)).to.have.length(1);
  });

  it('F09: during a back-off: the count and the wait that was left go on', async () => {
    const rig = open({
      api: { command: 'echo try; sleep 0.1; exit 3', restart: { delay: '10m', max_delay: '10m', max: 5 } },
    });
    const first = rig.muster('up', '-d');
    const before = await rig.inState('api', 'backoff');
    expect(before.detail).to.match(/next try in .*\(1\/5\)/);
    await rig.kill();
    await first;
    const again = rig.muster('up', '-d');
    const after = await rig.inState('api', 'backoff');
    expect([after.attempt, after.detail]).to.satisfy(
      ([attempt, detail]: [number, string]) => attempt === 1 && /\(1\/5\)/.test(detail),
    );
    expect(rig.log('api')).to.equal('try\n');
    await rig.muster('down');
    await again;
  });

  it('F09: when what was left of the wait is over, it is tried again, and counted on', async () => {
    const rig = open({ api: { command: 'echo try; sleep 0.1; exit 3', restart: { delay: '5s', max: 5 } } });
    const first = rig.muster('up', '-d');
    const tried = (detail: string | null): number => Number(/\((\d)\/5\)/.exec(detail ?? '')?.[1]);
    const before = tried((await rig.inState('api', 'backoff')).detail);
    await rig.kill();
    const tries = rig.log('api');
    await first;
    const again = rig.muster('up', '-d');
    await until('the next try', () => rig.log('api').length > tries.length);
    expect(tried((await rig.inState('api', 'backoff')).detail)).to.be.within(before + 1, 5);
    await rig.muster('down');
    await again;
  });

  it('F15: a service that dies while nobody looks is told so, and started again once by its policy', async () => {
    const rig = open({ api: { command: 'echo started; exec sleep 600', restart: { delay: '10ms' } } });
    await rig.muster('up', '-d');
    const { pid } = await rig.inState('api', 'ready');
    await rig.kill();
    killNine(await ownProcess(rig.project, pid));
    await until('it is gone', () => !isLiving(Number(pid)));
    const up = await rig.muster('up', '-d');
    expect(up.code).to.equal(0);
    expect(await rig.inState('api', 'ready')).to.include({ attempt: 2 });
    await until('it has said so', () => rig.log('api') === 'started\nstarted\n');
    const log = readText(rig.project.path('logs', 'muster.log'));
    expect(log)
      .to.match(predecessor)
      .and.to.match(/died unseen while no supervisor lived, exit code unknown: api/);
  });

  it('F10: `up SERVICE` takes the others over, too, and leaves stopped what was stopped by hand', async () => {
    const sleeper = { command: 'exec sleep 600' };
    const rig = open({ db: sleeper, api: { ...sleeper, depends_on: ['db'] }, web: sleeper, extra: sleeper });
    await rig.muster('up', '-d');
    await rig.muster('stop', 'extra');
    const pids = await Promise.all(['db', 'api', 'web'].map(async (name) => (await rig.service(name))?.pid));
    await rig.kill();
    expect((await rig.muster('up', 'db', '-d')).code).to.equal(0);
    expect(await Promise.all(['db', 'api', 'web'].map(async (name) => (await rig.service(name))?.pid))).to.deep.equal(pids);
    expect((await rig.service('extra'))?.state ?? 'not there').to.be.oneOf(['stopped', 'not there']);
  });

  it('F14: a task that has done its work is not run again for services that run on', async () => {
    const rig = open({
      db: { command: 'exec sleep 600' },
      migrate: { type: 'task', command: 'echo migrated', depends_on: ['db'] },
      api: { command: 'exec sleep 600', depends_on: ['migrate'] },
    });
    await rig.muster('up', '-d');
    await rig.kill();
    expect((await rig.muster('up', '-d')).code).to.equal(0);
    expect(rig.log('migrate')).to.equal('migrated\n');
    expect((await rig.service('migrate'))?.state).to.equal('completed');
  });

  it('B5: who was taken over keeps the port that it has itself, also with `port_conflict: next`, when it is restarted', async () => {
    const port = await freePort();
    const rig = open({ api: { command: program('listens.mjs'), port, port_conflict: 'next' } });
    await rig.muster('up', '-d');
    const { pid } = await rig.inState('api', 'ready');
    await rig.kill();
    await rig.muster('up', '-d');
    expect((await rig.service('api'))?.pid).to.equal(pid);
    expect((await rig.muster('restart', 'api')).code).to.equal(0);
    // It can be reached a moment before it says so.
    await until('it has said where it listens', () => rig.log('api').split('\n').length === 3);
    expect(rig.log('api')).to.equal(`listening on ${port}\nlistening on ${port}\n`);
  });

  describe('a service that has overwritten its environment, as redis and PostgreSQL do', () => {
    const bare = async (): Promise<{ rig: Rig; port: number; pid: number | null }> => {
      const port = await freePort();
      const command = `exec env -i PORT=${port} ${process.execPath} ${programPath('listens.mjs')}`;
      const rig = open({
        db: { command, port, log: { file: 'logs/db.log' } },
        api: { command: 'exec sleep 600', depends_on: ['db'] },
      });
      expect((await rig.muster('up', '-d')).code).to.equal(0);
      return { rig, port, pid: (await rig.inState('db', 'ready')).pid };
    };

    it('F06: is taken over as it is, and ended by `down`', async () => {
      const { rig, pid } = await bare();
      await rig.kill();
      const up = await rig.muster('up', '-d');
      expect(up.code, up.stderr).to.equal(0);
      expect(await rig.service('db')).to.include({ state: 'ready', pid, attempt: 1 });
      expect((await rig.muster('down')).code).to.equal(0);
      expect(isLiving(pid ?? 0)).to.equal(false);
    });

    it('F10: is ended by `down` without a supervisor, in order', async () => {
      const { rig, pid } = await bare();
      await rig.kill();
      const down = await rig.muster('down');
      expect(down, down.stderr).to.include({ code: 0, stdout: 'the supervisor was killed; ended what it had left: api, db\n' });
      expect(isLiving(pid ?? 0)).to.equal(false);
    });

    it('G2: is no stranger at its own port, neither to `doctor` nor to --force', async () => {
      const { rig, pid } = await bare();
      const doctor = await rig.muster('doctor', '--json');
      expect(doctor.stdout).not.to.include('port-held');
      const up = await rig.muster('up', '-d', '--force');
      expect(up, up.stderr).to.include({ code: 0 });
      expect(up.stderr).not.to.include('--force will end');
      expect(await rig.service('db')).to.include({ state: 'ready', pid });
      await rig.kill();
      expect((await rig.muster('doctor')).stdout).to.match(/port \d+ of db is held by what an earlier run left/);
    });
  });

  it('S: `plan` and `up --dry-run` show what would be taken over', async () => {
    const rig = open({ db: { command: 'exec sleep 600' } });
    await rig.muster('up', '-d');
    const { pid } = await rig.inState('db', 'ready');
    await rig.kill();
    expect((await rig.muster('up', '--dry-run')).stdout).to.include(String(pid));
  });

  it('F08: `down` after `down` was cut off ends it, and the next `up` starts anew with nothing to go on with', async () => {
    const rig = open({ deaf: { command: program('ignores-sigterm.mjs'), ready: { log: 'ready' }, stop: { timeout: '2s' } } });
    await rig.muster('up', '-d');
    const down = rig.muster('down');
    await until('it was asked', () => rig.log('deaf').includes('ignored SIGTERM'));
    await rig.kill();
    await down;
    expect((await rig.muster('down')).code).to.equal(0);
    await expectNothingLeft(rig.project);
    const up = await rig.muster('up', '-d');
    expect(up.code).to.equal(0);
    expect(memoryOf(rig.project).running.deaf?.state).to.equal('ready');
  });

  describe('`down`', () => {
    const say = (words: string): string => `echo ${words} >> "$$PWD/journal"`;
    const journalOf = ({ project }: Rig): readonly string[] => readText(project.path('journal')).split('\n').filter(Boolean);
    const journaling = (name: string, more: Readonly<Record<string, unknown>> = {}) => ({
      command: program('journals.sh'),
      env: { NAME: name, JOURNAL: 'journal' },
      ready: { notify: true },
      hooks: { before_stop: say(`before_stop ${name}`), after_stop: say(`after_stop ${name}`) },
      ...more,
    });
    const stackHooks = { hooks: { before_down: say('before_down'), after_down: say('after_down') } };
    const services: Services = {
      db: journaling('db', { stop: { command: `${say('command db $$MAINPID')}; kill $$MAINPID` } }),
      api: journaling('api', { depends_on: ['db'] }),
    };

    it('F10: runs the stop commands and the hooks, those that need others first, as if its supervisor lived', async () => {
      const rig = open(services);
      rig.project.write('services.yaml', toYaml(services, stackHooks));
      expect((await rig.muster('up', '-d')).code).to.equal(0);
      const pid = (await rig.service('db'))?.pid;
      await rig.kill();
      const down = await rig.muster('down');
      expect(down, down.stderr).to.include({ code: 0, stdout: 'the supervisor was killed; ended what it had left: api, db\n' });
      expect(journalOf(rig)).to.deep.equal([
        ...['+ db', '+ api', 'before_down', 'before_stop api', '- api', 'after_stop api'],
        ...['before_stop db', `command db ${pid}`, '- db', 'after_stop db', 'after_down'],
      ]);
      await expectNothingLeft(rig.project);
      expect((await rig.muster('down')).stdout).to.equal('nothing is running here\n');
      expect(journalOf(rig)).to.have.length(11);
    });

    it('F10: stops by what the file says now, also what it says otherwise, and does not bring back what has died', async () => {
      const rig = open({ db: journaling('db', { hooks: {} }), api: journaling('api', { hooks: {}, depends_on: ['db'] }) });
      await rig.muster('up', '-d');
      const api = await rig.service('api');
      await rig.kill();
      killNine(await ownProcess(rig.project, api?.pid));
      await until('it is gone', () => !isLiving(Number(api?.pid)));
      rig.project.write('services.yaml', toYaml({ db: journaling('db') }, stackHooks));
      const down = await rig.muster('down');
      expect(down.code, down.stderr).to.equal(0);
      const stopped = ['before_down', 'before_stop db', '- db', 'after_stop db', 'after_down'];
      expect(journalOf(rig)).to.deep.equal(['+ db', '+ api', ...stopped]);
    });

    it('F10: a hook that hangs is cut short by Ctrl-C, and everything is gone all the same', async () => {
      const rig = open(services);
      const hanging = { hooks: { before_down: `${say('before_down')}; sleep 600` } };
      rig.project.write('services.yaml', toYaml(services, hanging));
      await rig.muster('up', '-d');
      await rig.kill();
      const down = startMuster(['down'], { cwd: rig.project.folder });
      await until('the hook runs', () => journalOf(rig).includes('before_down'));
      down.signal('SIGINT');
      expect((await down.done).code).to.equal(0);
      await expectNothingLeft(rig.project);
    });

    it('F10: a file that is broken by then keeps nothing from being ended', async () => {
      const rig = open(services);
      await rig.muster('up', '-d');
      await rig.kill();
      rig.project.write('services.yaml', 'services: [');
      const down = await rig.muster('down');
      expect(down.code, down.stderr).to.equal(0);
      expect(down.stderr).to.include('no stop command and no hook is known');
      expect([...journalOf(rig)].sort()).to.deep.equal(['+ api', '+ db', '- api', '- db']);
      await expectNothingLeft(rig.project);
    });
  });
});
