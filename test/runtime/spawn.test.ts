import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { SpawnFailure } from '../../lib/domain/process.ts';
import type { SpawnOptions } from '../../lib/runtime/processes.ts';
import { createProcessRig, type ProcessRig, programCommand, tsxPath, until } from '../support/procs.ts';

const isRoot = process.getuid?.() === 0;

describe('spawn', () => {
  let rig: ProcessRig;
  beforeEach(() => {
    rig = createProcessRig();
  });
  afterEach(() => rig.cleanUp());

  const failureOf = async (changes: Partial<SpawnOptions>): Promise<SpawnFailure> => {
    const outcome = await rig.processes.spawn({ ...rig.options(), ...changes });
    if (outcome.ok) throw new Error('it was spawned');
    return outcome.failure;
  };
  const writeScript = (name: string, text: string, mode: number): string => {
    const path = join(rig.folder, name);
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  };

  describe('what a service gets', () => {
    type Listed = { readonly descriptors: Readonly<Record<string, string>>; readonly env: Readonly<Record<string, string>> };
    const listed = async (notify: string | null, env: Readonly<Record<string, string>> = {}): Promise<Listed> => {
      const started = await rig.start('lists-descriptors.sh', { notify, env });
      await started.line(/^end$/m);
      const all = (pattern: RegExp): Record<string, string> =>
        Object.fromEntries([...started.output().matchAll(pattern)].map(([, name = '', value = '']) => [name, value] as const));
      return { descriptors: all(/ (\d+) -> (?!.*lists-descriptors)(.*)$/gm), env: all(/^([A-Z_]+)=(.*)$/gm) };
    };

    it('F124: inherits nothing extra: null input, its log twice, and no descriptor that leads anywhere', async () => {
      const { descriptors } = await listed(null);
      const { 0: stdin, 1: stdout, 2: stderr, ...others } = descriptors;
      expect(stdin).to.equal('/dev/null');
      expect(stdout).to.match(/logs\/api-1-1\.log$/);
      expect(stderr).to.equal(stdout);
      // What our own parent left open in us cannot be closed in a child alone; there it is the null device.
      expect(Object.values(others).filter((path) => path !== '/dev/null')).to.deep.equal([]);
    });

    it('F124: what our parent left open is masked in children, and closed where the process is wholly ours', () => {
      const lib = join(import.meta.dirname, '..', '..', 'lib', 'runtime', 'processes', 'descriptors.ts');
      const script = `const { closeInheritedDescriptors, inheritedDescriptors } = await import(${JSON.stringify(lib)});
        const before = inheritedDescriptors(); closeInheritedDescriptors();
        console.log(before.includes(40), inheritedDescriptors().join());`;
      const stdio: ('ignore' | 'pipe' | number)[] = Array.from({ length: 41 }, () => 'ignore');
      const file = openSync(writeScript('held', '', 0o600), 'r+');
      // As Node 24 opens certificates in a thread of its own: not ours to close.
      const readOnly = openSync(join(rig.folder, 'held'), 'r');
      try {
        stdio[1] = 'pipe';
        stdio[39] = readOnly;
        stdio[40] = file;
        const child = spawnSync(process.execPath, ['--import', tsxPath, '--input-type=module', '-e', script], {
          stdio,
          encoding: 'utf8',
        });
        expect(child.stdout).to.equal('true 39\n');
      } finally {
        closeSync(file);
        closeSync(readOnly);
      }
    });

    it('its own environment, the marker, and nothing of the channel that Node has with its own children', async () => {
      const { env } = await listed(null, { NODE_CHANNEL_FD: '9', NODE_UNIQUE_ID: '1', NOTIFY_FD: '8', COLOUR: 'blue' });
      expect(env).to.include({ COLOUR: 'blue', MUSTER_INSTANCE: `${rig.project}/api/1` });
      expect(env).to.not.have.any.keys('NODE_CHANNEL_FD', 'NODE_UNIQUE_ID', 'NOTIFY_FD');
    });

    it('fd 3, emptied before, when it tells its readiness itself', async () => {
      const notify = join(rig.folder, 'notify');
      writeFileSync(notify, '\n', { mode: 0o600 });
      const { descriptors, env } = await listed(notify);
      expect(descriptors[3]).to.equal(notify);
      expect(env.NOTIFY_FD).to.equal('3');
      expect(statSync(notify).size).to.equal(0);
      expect(statSync(notify).mode & 0o777).to.equal(0o600);
    });

    it('B17, F107: reads end-of-file from its input', async () => {
      await (await rig.start('reads-stdin.mjs')).line(/end of input after 0 bytes/);
    });

    it('a session and a process group of its own', async () => {
      const { running } = await rig.start(null);
      const fields = readFileSync(`/proc/${running.identity.pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
      expect(fields.slice(2, 4)).to.deep.equal([String(running.identity.pid), String(running.identity.pid)]);
    });

    it('F24: is ended before muster when memory runs out', async () => {
      const { running } = await rig.start(null);
      const own = Number(readFileSync('/proc/self/oom_score_adj', 'utf8'));
      expect(Number(readFileSync(`/proc/${running.identity.pid}/oom_score_adj`, 'utf8'))).to.equal(Math.min(own + 200, 1000));
    });

    it('a string goes through the shell, a list never does', async () => {
      const shell = await rig.start(null, { command: { line: 'echo "a $((1 + 1))"' } });
      const direct = await rig.start(null, { command: { program: 'echo', args: ['a $((1 + 1))'] } });
      await Promise.all([shell.running.exited, direct.running.exited]);
      expect([shell.output(), direct.output()]).to.deep.equal(['a 2\n', 'a $((1 + 1))\n']);
    });
  });

  describe('log files', () => {
    it('are made with their folders, for nobody else to read, and appended to', async () => {
      const stdout = join(rig.folder, 'deep', 'er', 'api.log');
      for (const text of ['one', 'two']) {
        const options = {
          ...rig.options({ command: { line: `echo ${text}` } }),
          stdout,
          stderr: join(rig.folder, 'deep', 'err.log'),
        };
        const outcome = await rig.processes.spawn(options);
        if (outcome.ok) await outcome.running.exited;
      }
      expect(readFileSync(stdout, 'utf8')).to.equal('one\ntwo\n');
      expect(statSync(stdout).mode & 0o777).to.equal(0o600);
      expect(statSync(join(rig.folder, 'deep')).mode & 0o777).to.equal(0o700);
    });

    it('S4, S-17: a link in the place of the file or of a folder is not followed', async () => {
      const secret = join(rig.folder, 'secret');
      writeFileSync(secret, 'kept');
      symlinkSync(secret, join(rig.folder, 'file.log'));
      mkdirSync(join(rig.folder, 'elsewhere'));
      symlinkSync(join(rig.folder, 'elsewhere'), join(rig.folder, 'logs'));
      const direct = await failureOf({ stdout: join(rig.folder, 'file.log') });
      const through = await failureOf({ stdout: join(rig.folder, 'logs', 'api.log') });
      expect([direct.stage, through.stage]).to.deep.equal(['log', 'log']);
      expect([direct.message, through.message].join()).to.match(/symbolic link.*symbolic link/);
      expect(readFileSync(secret, 'utf8')).to.equal('kept');
      expect(existsSync(join(rig.folder, 'elsewhere', 'api.log'))).to.equal(false);
    });

    it('S4: a path out of the project is refused', async () => {
      const failure = await failureOf({ stdout: join(rig.folder, '..', 'api.log') });
      expect(failure).to.include({ stage: 'log', passing: false });
      expect(failure.message).to.include('is outside of');
    });

    it('F155: a folder, a pipe or a file in the way is named', async () => {
      mkdirSync(join(rig.folder, 'is-folder.log'));
      writeFileSync(join(rig.folder, 'is-file'), '');
      expect((await failureOf({ stderr: join(rig.folder, 'is-folder.log') })).message).to.include('is a folder');
      expect((await failureOf({ stdout: join(rig.folder, 'is-file', 'api.log') })).message).to.include('not a folder');
      const { running } = await rig.start(null, { command: { program: 'mkfifo', args: [join(rig.folder, 'pipe.log')] } });
      await running.exited;
      expect((await failureOf({ stdout: join(rig.folder, 'pipe.log') })).message).to.include('not a regular file');
    });
  });

  describe('B1, F110: what cannot be started is told apart', () => {
    it('no working directory, or one that is a file', async () => {
      const missing = await failureOf({ cwd: join(rig.folder, 'nowhere') });
      expect(missing).to.include({ stage: 'cwd', code: 'ENOENT', passing: false });
      expect(missing.message).to.equal(`the working directory ${join(rig.folder, 'nowhere')} does not exist`);
      expect((await failureOf({ cwd: writeScript('file', '', 0o600) })).message).to.include('is not a folder');
    });

    it('a program that is not in the PATH of the service, which is shown', async () => {
      const failure = await failureOf({ command: { program: 'no-such-program', args: [] }, env: { PATH: '/nowhere:/usr/bin' } });
      expect(failure).to.deep.equal({
        stage: 'program',
        code: 'ENOENT',
        message: 'the program "no-such-program" was not found in PATH',
        passing: false,
        searched: '/nowhere:/usr/bin',
      });
    });

    it('a path that does not exist, is a folder, or is not executable', async () => {
      const tried = async (program: string): Promise<string> => (await failureOf({ command: { program, args: [] } })).message;
      expect(await tried('./missing')).to.equal('the program "./missing" does not exist');
      expect(await tried(rig.folder)).to.equal(`"${rig.folder}" is a folder, not a program`);
      expect(await tried(writeScript('plain', 'echo', 0o644))).to.include('is not executable');
    });

    it('a script whose interpreter is missing, also for a carriage return at its end', async () => {
      const tried = async (program: string): Promise<string> => (await failureOf({ command: { program, args: [] } })).message;
      expect(await tried(writeScript('bad', '#!/no/such/interpreter -x\n', 0o755))).to.include(
        '"/no/such/interpreter", which does not exist',
      );
      expect(await tried(writeScript('dos', '#!/bin/sh\r\n', 0o755))).to.include('"/bin/sh\\r"');
    });

    it('arguments that are too large, and a NUL character', async () => {
      const large = await failureOf({ command: { program: 'true', args: ['x'.repeat(3_000_000)] } });
      expect(large).to.include({ stage: 'program', code: 'E2BIG', passing: false });
      expect((await failureOf({ command: { program: 'tr\0ue', args: [] } })).message).to.include('NUL character');
    });

    it('F6, F150: no file can be opened any more: told as passing, and muster lives on', async () => {
      const lib = join(import.meta.dirname, '..', '..', 'lib', 'runtime', 'processes', 'create.ts');
      const script = writeScript(
        'limits.mts',
        `import { createProcesses } from ${JSON.stringify(lib)};
         import { closeSync, openSync } from 'node:fs';
         const processes = createProcesses();
         const options = JSON.parse(process.env.OPTIONS ?? '');
         const opened: number[] = [];
         try { for (;;) opened.push(openSync('/dev/null', 'r')); } catch {}
         const tell = async () => { const outcome = await processes.spawn(options); console.log(JSON.stringify(outcome.ok ? 'spawned' : outcome.failure)); };
         await tell();
         for (const fd of opened.slice(-1)) closeSync(fd);
         await tell();
         for (const fd of opened.slice(0, -1)) closeSync(fd);
         await tell();`,
        0o644,
      );
      const options = JSON.stringify(rig.options({ command: { program: 'true', args: [] }, service: 'inner' }));
      const line = `ulimit -n 128; exec "$NODE" --import "${tsxPath}" "${script}"`;
      const started = await rig.start(null, { command: { line }, env: { OPTIONS: options } });
      const { code } = await started.running.exited;
      const told = started.output().trim().split('\n');
      expect([code, told.length], started.output()).to.deep.equal([0, 3]);
      expect(told[0]).to.match(/"stage":"log","code":"EMFILE".*"passing":true/);
      expect(told[1]).to.match(/"code":"EMFILE".*"passing":true/);
      expect(told[2]).to.equal('"spawned"');
    });

    it('F6, F152: no more processes for this user: told as passing', async function () {
      // A limit of processes does not count for root, and the folder must be one that the other user can enter.
      if (!isRoot || spawnSync('setpriv', ['--version']).status !== 0) this.skip();
      const lib = join(import.meta.dirname, '..', '..', 'lib', 'runtime', 'processes', 'create.ts');
      const bundle = join(rig.folder, 'limits.mjs');
      const { build } = await import('esbuild');
      const source = `import { createProcesses } from ${JSON.stringify(lib)};
        const outcome = await createProcesses().spawn(JSON.parse(process.env.OPTIONS));
        console.log(JSON.stringify(outcome.ok ? 'spawned' : outcome.failure));`;
      await build({
        stdin: { contents: source, resolveDir: rig.folder, loader: 'ts' },
        outfile: bundle,
        bundle: true,
        platform: 'node',
        format: 'esm',
        external: ['ps-list'],
        logLevel: 'silent',
      });
      const open = join(rig.folder, 'open');
      mkdirSync(open);
      chmodSync(open, 0o777);
      chmodSync(rig.folder, 0o755);
      const log = join(open, 'out.log');
      const options = {
        ...rig.options({ command: { program: 'true', args: [] } }),
        cwd: open,
        logRoot: open,
        stdout: log,
        stderr: log,
      };
      // Threads count too: the limit is what Node needs for itself.
      const line = `exec setpriv --reuid=64123 --regid=64123 --clear-groups prlimit --nproc="$LIMIT" "$NODE" --v8-pool-size=0 "${bundle}"`;
      for (let limit = 4; ; limit += 1) {
        expect(limit, 'no limit lets Node start but not its child').to.be.lessThan(40);
        const started = await rig.start(null, {
          command: { line },
          env: { OPTIONS: JSON.stringify(options), LIMIT: String(limit) },
        });
        const { code } = await started.running.exited;
        if (code !== 0) continue;
        expect(started.output()).to.match(/"stage":"program","code":"EAGAIN".*limit of processes.*"passing":true/);
        return;
      }
    });
  });

  it('F122: an exit is told with its code or its signal', async () => {
    const ended = await rig.start('exits.mjs', { env: { CODE: '7' } });
    expect(await ended.running.exited).to.deep.equal({ code: 7, signal: null });
    const crashed = await rig.start('exits.mjs', { env: { SIGNAL: 'SIGSEGV' } });
    expect(await crashed.running.exited).to.deep.equal({ code: null, signal: 'SIGSEGV' });
  });

  it('F1: a grandchild that holds its output open does not delay its exit', async () => {
    const started = await rig.start('holds-stdout.mjs');
    expect(await started.running.exited).to.deep.equal({ code: 0, signal: null });
    expect(await rig.processes.findMarked(rig.project)).to.have.length(1);
  });

  it('F103: closes its output and runs on', async () => {
    const started = await rig.start(null, { command: { line: 'echo before; exec >&- 2>&-; exec sleep 600' } });
    await started.line(/before/);
    await until('it runs sleep', () => /sleep/.test(readFileSync(`/proc/${started.running.identity.pid}/cmdline`, 'utf8')));
    expect(rig.processes.isAlive(started.running.identity)).to.equal(true);
  });

  it('a hundred at once all run, each with an identity of its own', async () => {
    const started = await Promise.all(Array.from({ length: 100 }, (_, at) => rig.start(null, { service: `s${at}` })));
    expect(new Set(started.map(({ running }) => running.identity.pid)).size).to.equal(100);
    expect(started.every(({ running }) => rig.processes.isAlive(running.identity))).to.equal(true);
    expect(programCommand('exits.mjs')).to.have.property('program', process.execPath);
  });
});
