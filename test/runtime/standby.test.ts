import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import { readIdentity } from '../../lib/runtime/processes/read-identity.ts';
import type { Running, SpawnOptions } from '../../lib/runtime/processes.ts';
import { createProcessRig, isLiving, type ProcessRig, programPath, tsxPath, until } from '../support/procs.ts';
import { killNine, signalTo } from '../support/signals.ts';

/** Only there is a process made before its turn. */
const isDash = process.platform === 'linux' && basename(realpathSync('/bin/sh')) === 'dash';

describe('a process that is made before its turn', () => {
  let rig: ProcessRig;
  before(function () {
    if (!isDash) this.skip();
  });
  beforeEach(() => {
    rig = createProcessRig();
  });
  afterEach(() => rig.cleanUp());

  const pidsOf = async (): Promise<number[]> => (await rig.processes.findMarked(rig.project)).map(({ identity }) => identity.pid);

  const spawnIt = async (options: SpawnOptions): Promise<Running> => {
    const outcome = await rig.processes.spawn(options);
    if (!outcome.ok) throw new Error(outcome.failure.message);
    return outcome.running;
  };

  /** The pid of the one that was made for these. */
  const standBy = async (options: SpawnOptions): Promise<number> => {
    const before = await pidsOf();
    expect(rig.processes.standBy(options)).to.equal(true);
    const [pid, ...others] = (await pidsOf()).filter((one) => !before.includes(one));
    expect(others).to.deep.equal([]);
    if (pid === undefined) throw new Error('nothing stands by');
    return pid;
  };

  const gone = (pid: number): Promise<void> => until(`${pid} is gone`, () => !isLiving(pid));

  it('becomes the program: the same pid, start and exit code, and nothing of it runs before', async () => {
    const options = rig.options({ command: { program: 'sh', args: ['-c', 'echo ran; exit 3'] } });
    const pid = await standBy(options);
    expect(readFileSync(options.stdout, 'utf8')).to.equal('');
    const running = await spawnIt(options);
    expect(running.identity.pid).to.equal(pid);
    expect(await running.exited).to.deep.equal({ code: 3, signal: null });
    expect(readFileSync(options.stdout, 'utf8')).to.equal('ran\n');
  });

  it('F24: is ended before muster when memory runs out', async () => {
    const options = rig.options();
    await standBy(options);
    const { identity } = await spawnIt(options);
    const own = Number(readFileSync('/proc/self/oom_score_adj', 'utf8'));
    expect(Number(readFileSync(`/proc/${identity.pid}/oom_score_adj`, 'utf8'))).to.equal(Math.min(own + 200, 1000));
  });

  it('is used once: the next spawn is one of its own', async () => {
    const options = rig.options({ command: { program: 'true', args: [] } });
    const first = await spawnIt(options);
    await standBy(options);
    const second = await spawnIt(options);
    const third = await spawnIt(options);
    expect(new Set([first, second, third].map(({ identity }) => identity.pid)).size).to.equal(3);
  });

  describe('differs in nothing from one that is spawned in its turn', () => {
    /** What the program prints; `variables` in any order, since that means nothing. */
    const outputs = async (options: SpawnOptions): Promise<{ readonly plain: string; readonly ahead: string }> => {
      const read = async (): Promise<string> => {
        const running = await spawnIt(options);
        await running.exited;
        const text = readFileSync(options.stdout, 'utf8');
        rmSync(options.stdout);
        return text.replaceAll(new RegExp(`\\b${running.identity.pid}\\b`, 'g'), 'PID');
      };
      const plain = await read();
      await standBy(options);
      return { plain, ahead: await read() };
    };
    const cat = (...names: readonly string[]) => ({ program: 'cat', args: names.map((name) => `/proc/self/${name}`) });

    const environments: Readonly<Record<string, Readonly<Record<string, string>>>> = {
      'as it usually is': {},
      'with a PWD that is right': { PWD: 'HERE', OLDPWD: '/usr', SHLVL: '2', _: '/usr/bin/node' },
      'with a PWD that is wrong': { PWD: '/usr', OLDPWD: '/nowhere' },
      'with a PWD that is no path': { PWD: 'junk \u0101\n"$x' },
      'with values that a shell could take amiss': {
        ...{ EMPTY: '', LINES_OF_IT: 'a\nb\n', QUOTES: `'"\\$(id)\`*`, WIDE: 'ä\u0101\u0181\u20ac😀', TABS: '\t\u0001\u007f' },
        ...{ ENV: '/nowhere', HOME: '/x', HISTSIZE: '3', OPTARG: 'x', SHELL: '/bin/zsh', TERM: 'dumb', BASH_ENV: '/nowhere' },
        ...{ LC_ALL: 'de_DE.UTF-8', POSIXLY_CORRECT: '1', RANDOM: '1', SECONDS: '1', UID: '5', CDPATH: '/', x: '1' },
      },
    };
    for (const [name, env] of Object.entries(environments)) {
      it(`its environment, ${name}`, async () => {
        const given = Object.fromEntries(Object.entries(env).map(([key, value]) => [key, value === 'HERE' ? rig.folder : value]));
        const { plain, ahead } = await outputs(rig.options({ command: cat('environ'), env: given }));
        const variables = (text: string): string[] => text.split('\0').sort();
        expect(variables(ahead)).to.deep.equal(variables(plain));
        expect(plain).to.contain('MUSTER_INSTANCE=');
      });
    }

    it('its arguments, byte for byte', async () => {
      const all = Array.from({ length: 0x250 }, (_, code) => String.fromCharCode(code + 1)).join('');
      const odd = ['', ' a  b ', '-n', '--', '*', `$HOME \`id\` 'x' "y"`, '\n', '\\', all];
      const { plain, ahead } = await outputs(
        rig.options({ command: { program: 'cat', args: ['/proc/self/cmdline', '--', '/dev/null'] } }),
      );
      expect(ahead).to.equal(plain);
      const printf = await outputs(rig.options({ command: { program: 'printf', args: ['%s|', ...odd] } }));
      expect(printf.ahead).to.equal(printf.plain);
      expect(printf.plain).to.contain(all);
    });

    it('its signals, limits, umask, group, session and the rest of its state', async () => {
      const states = await outputs(rig.options({ command: cat('status', 'limits', 'cgroup', 'comm') }));
      const lasting = (text: string): string[] =>
        text.split('\n').filter((line) => !/^(SigQ|Vm|Rss|Hugetlb|.*ctxt_switches|Speculation|untag|x86_)/i.test(line));
      expect(lasting(states.ahead)).to.deep.equal(lasting(states.plain));
      const stat = await outputs(rig.options({ command: cat('stat') }));
      // Name, parent, group, session, terminal.
      const first = (text: string): string[] => text.split(' ').slice(0, 8);
      expect(first(stat.ahead)).to.deep.equal(first(stat.plain));
    });

    it('its descriptors and its folder, also with one that it tells its readiness by', async () => {
      const notify = join(rig.folder, 'notify');
      const list = { line: 'ls -l /proc/$$/fd; pwd -P; cat /proc/$$/fdinfo/[0-3]' };
      for (const options of [rig.options({ command: list }), rig.options({ command: list, notify })]) {
        const { plain, ahead } = await outputs(options);
        const lasting = (text: string): string =>
          text.replaceAll(/^(mnt_id|ino|pos):.*$/gm, '').replaceAll(/^.* (?=\d+ -> )/gm, '');
        expect(lasting(ahead)).to.equal(lasting(plain));
        expect(plain).to.match(/ 0 -> \/dev\/null$/m);
        expect(plain).not.to.match(/socket|pipe:/);
      }
    });
  });

  describe('ends by itself when muster is killed with -9', () => {
    it('several of them, each with a pipe of its own, while a service runs on', async () => {
      const service = await rig.start(null, { service: 'runs-on' });
      const options = ['one', 'two', 'three'].map((name) => rig.options({ service: name }));
      const supervisor = spawn(process.execPath, ['--import', tsxPath, programPath('stands-by.ts'), JSON.stringify(options)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const ended = new Promise((resolve) => {
        supervisor.once('exit', resolve);
      });
      const said = await new Promise<string>((resolve) => {
        supervisor.stdout.once('data', (text: Buffer) => resolve(text.toString()));
        supervisor.once('exit', () => resolve('it ended'));
      });
      expect(said).to.equal('true true true\n');
      expect(await pidsOf()).to.have.length(4);
      supervisor.kill('SIGKILL');
      await ended;
      await until('only the service is left', async () => (await pidsOf()).join() === String(service.running.identity.pid));
    });

    it('none has the pipe of another, and no child of ours has one', async () => {
      const pids = [await standBy(rig.options({ service: 'one' })), await standBy(rig.options({ service: 'two' }))];
      const service = await rig.start(null, { service: 'other' });
      const socketsOf = (pid: number): string[] =>
        readdirSync(`/proc/${pid}/fd`)
          .map((fd) => `${fd} ${readlinkSync(`/proc/${pid}/fd/${fd}`)}`)
          .filter((fd) => fd.includes('socket') || fd.includes('pipe'));
      const [one = [], two = []] = pids.map(socketsOf);
      expect([one.length, two.length]).to.deep.equal([1, 1]);
      expect(one).not.to.deep.equal(two);
      expect(socketsOf(service.running.identity.pid)).to.deep.equal([]);
    });
  });

  describe('that is not wanted after all', () => {
    it('is gone, and the log that was made for it', async () => {
      const options = rig.options();
      const pid = await standBy(options);
      expect(existsSync(options.stdout)).to.equal(true);
      rig.processes.dismiss(options.marker);
      expect(existsSync(options.stdout)).to.equal(false);
      await gone(pid);
      rig.processes.dismiss(options.marker);
    });

    it('leaves a log with something in it as it was', async () => {
      const options = rig.options();
      mkdirSync(join(rig.folder, 'logs'), { recursive: true });
      writeFileSync(options.stdout, 'of an earlier run\n');
      const pid = await standBy(options);
      rig.processes.dismiss(options.marker);
      await gone(pid);
      expect(readFileSync(options.stdout, 'utf8')).to.equal('of an earlier run\n');
    });

    it('one that is suspended is gone, too', async () => {
      const options = rig.options();
      const pid = await standBy(options);
      signalTo(readIdentity(pid), 'SIGSTOP');
      rig.processes.dismiss(options.marker);
      await gone(pid);
    });
  });

  describe('is ended, and another is spawned in its place', () => {
    const changes: Readonly<Record<string, (options: SpawnOptions) => SpawnOptions>> = {
      'when its environment is another by then': (options) => ({ ...options, env: { ...options.env, PORT: '2' } }),
      'when its command is': (options) => ({ ...options, command: { program: 'sleep', args: ['601'] } }),
      'when its log is': (options) => ({ ...options, stdout: `${options.stdout}.2`, stderr: `${options.stdout}.2` }),
    };
    for (const [name, change] of Object.entries(changes)) {
      it(name, async () => {
        const options = rig.options({ env: { PORT: '1' } });
        const pid = await standBy(options);
        const running = await spawnIt(change(options));
        expect(running.identity.pid).not.to.equal(pid);
        expect(await pidsOf()).to.deep.equal([running.identity.pid]);
      });
    }

    it('when its log was put aside meanwhile', async () => {
      const options = rig.options({ command: { program: 'echo', args: ['it'] } });
      const pid = await standBy(options);
      renameSync(options.stdout, `${options.stdout}.1`);
      const running = await spawnIt(options);
      await running.exited;
      expect(running.identity.pid).not.to.equal(pid);
      expect(readFileSync(options.stdout, 'utf8')).to.equal('it\n');
      expect(isLiving(pid)).to.equal(false);
    });

    it('when its folder was made anew meanwhile', async () => {
      const options = { ...rig.options({ command: { line: 'pwd -P; cat new' } }), cwd: join(rig.folder, 'sub') };
      mkdirSync(options.cwd);
      const pid = await standBy(options);
      renameSync(options.cwd, `${options.cwd}.old`);
      mkdirSync(options.cwd);
      writeFileSync(join(options.cwd, 'new'), 'new\n');
      const running = await spawnIt(options);
      await running.exited;
      expect(running.identity.pid).not.to.equal(pid);
      expect(readFileSync(options.stdout, 'utf8')).to.equal(`${options.cwd}\nnew\n`);
    });

    it('when somebody has killed it, or is about to', async () => {
      for (const wait of [true, false]) {
        const options = rig.options({ service: `killed-${wait}` });
        const pid = await standBy(options);
        killNine(readIdentity(pid));
        if (wait) await gone(pid);
        const running = await spawnIt(options);
        if (wait) expect(running.identity.pid).not.to.equal(pid);
      }
    });
  });

  it('a program that is exchanged meanwhile is the new one, and one that is gone is told as ever', async () => {
    const program = join(rig.folder, 'tool');
    const write = (text: string): void => {
      writeFileSync(program, `#!/bin/sh\necho ${text}\n`);
      chmodSync(program, 0o755);
    };
    write('old');
    const options = rig.options({ command: { program: './tool', args: [] } });
    await standBy(options);
    rmSync(program);
    write('new');
    await (await spawnIt(options)).exited;
    expect(readFileSync(options.stdout, 'utf8')).to.equal('new\n');

    const again = rig.options({ command: { program: './tool', args: [] }, attempt: 2 });
    const pid = await standBy(again);
    rmSync(program);
    const outcome = await rig.processes.spawn(again);
    expect(outcome).to.deep.equal(await rig.processes.spawn({ ...again, marker: { ...again.marker, attempt: 3 } }));
    expect(outcome.ok ? null : outcome.failure.code).to.equal('ENOENT');
    await gone(pid);
  });

  it('an earlier sign of readiness does not count', async () => {
    const notify = join(rig.folder, 'notify');
    const options = rig.options({ notify });
    await standBy(options);
    writeFileSync(notify, '\n');
    await spawnIt(options);
    expect(statSync(notify).size).to.equal(0);
  });

  describe('none is made where the shell in between could make a difference', () => {
    const write = (name: string, text: string | Buffer, mode = 0o755): void => {
      writeFileSync(join(rig.folder, name), text);
      chmodSync(join(rig.folder, name), mode);
    };
    const refused: Readonly<Record<string, () => Partial<SpawnOptions>>> = {
      'a program that is not there': () => ({ command: { program: 'no-such-program', args: [] } }),
      'a path to nothing': () => ({ command: { program: './no-such-program', args: [] } }),
      'no name at all': () => ({ command: { program: '', args: [] } }),
      'a name that looks like an option': () => {
        write('-c', '#!/bin/sh\n');
        return { command: { program: '-c', args: ['true'] }, env: { PATH: rig.folder } };
      },
      'a folder in the place of a program': () => ({ command: { program: rig.folder, args: [] } }),
      'a program that may not be run': () => {
        write('plain', '#!/bin/sh\n', 0o644);
        return { command: { program: './plain', args: [] } };
      },
      'one behind another that may not be run': () => {
        write('cat', '', 0o644);
        return { command: { program: 'cat', args: [] }, env: { PATH: `${rig.folder}:${process.env.PATH ?? ''}` } };
      },
      'a script without a first line': () => {
        write('script', 'echo it\n');
        return { command: { program: './script', args: [] } };
      },
      'a script whose interpreter is not there': () => {
        write('script', '#!/no/such/interpreter\n');
        return { command: { program: './script', args: [] } };
      },
      'a program of another kind of machine': () => {
        const other = readFileSync(process.execPath).subarray(0, 4096);
        other[18] = 0x16;
        write('other', other);
        return { command: { program: './other', args: [] } };
      },
      'a program without its loader': () => {
        const other = Buffer.from(readFileSync(process.execPath).subarray(0, 8192));
        const at = other.indexOf('/ld-linux');
        if (at > 0) other.write('/xx', at, 'latin1');
        write('other', at > 0 ? other : '');
        return { command: { program: './other', args: [] } };
      },
      'no PATH': () => ({ env: { HOME: '/' } }),
      'a PATH that a shell reads in its own way': () => ({ env: { PATH: `/x%func:${process.env.PATH ?? ''}` } }),
      'a variable whose name a shell would drop': () => ({ env: { PATH: process.env.PATH ?? '', 'a.b': '1' } }),
      'a variable that a shell would change': () => ({ env: { PATH: process.env.PATH ?? '', OPTIND: '7' } }),
      'a folder that is not there': () => ({ cwd: '/no/such/folder' }),
      'a log that may not be written': () => ({ logRoot: join(rig.folder, 'elsewhere') }),
      'very much to hand on': () => ({ env: { PATH: process.env.PATH ?? '', MUCH: 'x'.repeat(70_000) } }),
    };
    for (const [name, change] of Object.entries(refused)) {
      it(name, async () => {
        const options = { ...rig.options(), ...change() };
        expect(rig.processes.standBy(options)).to.equal(false);
        expect(await pidsOf()).to.deep.equal([]);
        expect(existsSync(options.stdout)).to.equal(false);
      });
    }
  });
});
