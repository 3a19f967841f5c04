import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import type { ProcessIdentity } from '../../lib/domain/process.ts';
import { projectId } from '../../lib/runtime/identity.ts';
import { backgroundVariable } from '../../lib/supervisor/addresses.ts';
import { createProject, musterCommand, type Project, type RunResult, runMuster, startMuster } from '../support/cli.ts';
import { startShell } from '../support/outsiders.ts';
import { isLiving, until } from '../support/procs.ts';
import { killNine, signalTo } from '../support/signals.ts';
import {
  expectNothingLeft,
  journalOf,
  program,
  readText,
  type Services,
  startStack,
  told,
  toYaml,
} from '../support/stack-rig.ts';
import { type CallKind, canTrace, killedAt } from '../support/strace.ts';

type Told = { readonly name: string; readonly state: string; readonly pid: number | null; readonly attempt: number };

const sleeper = { command: 'echo started; exec sleep 600' };
const two: Services = { db: sleeper, api: { ...sleeper, depends_on: ['db'] } };
const predecessor = /the previous supervisor died \(pid \d+\)/;

describe('the supervisor dies at a step of its work', () => {
  let project: Project;
  const muster = (...args: readonly string[]): Promise<RunResult> => runMuster(args, { cwd: project.folder });
  const folderOf = (): string => join(dirname(project.folder), 'run', 'muster', projectId(project.folder));
  const locks = (): string[] => readdirSync(folderOf()).filter((name) => name.startsWith('lock.'));
  const supervisor = (): ProcessIdentity => JSON.parse(readText(join(folderOf(), locks()[0] ?? 'none'))) as ProcessIdentity;
  const services = async (): Promise<readonly Told[]> =>
    (JSON.parse((await muster('status', '--json')).stdout) as { readonly services: readonly Told[] }).services;
  const pids = async (): Promise<readonly (number | null)[]> => (await services()).map(({ pid }) => pid);
  const musterLog = (): string => readText(project.path('logs', 'muster.log'));
  const starts = (name: string): number => readText(project.path('logs', `${name}.log`)).split('started').length - 1;

  /** A supervisor in the background that is killed at its nth call of a kind. */
  const dieAt = async (kind: CallKind, nth: number): Promise<void> => {
    const env = { [backgroundVariable]: '1', UV_THREADPOOL_SIZE: '1' };
    const { signal, code, stderr } = await startMuster(['up'], { cwd: project.folder, env, through: killedAt(kind, nth) }).done;
    expect(signal === 'SIGKILL' || code === 137, `${code} ${signal} ${stderr}`).to.equal(true);
  };
  const up = async (): Promise<void> => {
    const { code, stdout, stderr } = await muster('up', '-d');
    expect(code, `${stdout}${stderr}`).to.equal(0);
    expect((await services()).map(({ name, state }) => `${name} ${state}`)).to.satisfy((all: string[]) =>
      all.every((each) => each.endsWith(' ready')),
    );
  };

  beforeEach(() => {
    project = createProject({ 'services.yaml': toYaml(two) });
  });
  afterEach(async () => {
    await muster('down');
    await expectNothingLeft(project);
    if (existsSync(folderOf()))
      expect(readdirSync(folderOf()).filter((name) => !name.endsWith('.notify') && name !== 'crash.json')).to.deep.equal([]);
  });

  it('F01: before it has the lock: the next up works, and nothing tells of the one before', async function () {
    if (!canTrace()) this.skip();
    await dieAt('link', 1);
    expect(locks()).to.deep.equal([]);
    await up();
    expect(musterLog()).not.to.match(predecessor);
    expect([starts('db'), starts('api')]).to.deep.equal([1, 1]);
  });

  it('F02: with the lock, before its socket: the next up takes the next generation, and says who died', async function () {
    if (!canTrace()) this.skip();
    await dieAt('bind', 1);
    expect(locks()).to.deep.equal(['lock.1']);
    await up();
    expect(locks()).to.deep.equal(['lock.2']);
    expect(musterLog()).to.match(predecessor);
  });

  it('F03: with its socket, before it has saved anything: status says so, and up goes on with what it had started', async function () {
    if (!canTrace()) this.skip();
    await dieAt('fsync', 1);
    const status = await muster('status');
    expect([status.code, status.stdout]).to.satisfy(([, text]: [number, string]) => /did not end in order/.test(text));
    await up();
    expect(musterLog()).to.match(predecessor);
    expect([starts('db'), starts('api')]).to.deep.equal([1, 1]);
  });

  it('F07: with half of a layer started: those are taken over, the others started, and each once', async function () {
    if (!canTrace()) this.skip();
    const names = Array.from({ length: 10 }, (_, index) => `s${index}`);
    const last = { ...sleeper, depends_on: names };
    project.write('services.yaml', toYaml({ ...Object.fromEntries(names.map((name) => [name, sleeper])), last }));
    await dieAt('fork', 5);
    const before = names.filter((name) => starts(name) > 0);
    expect(before.length).to.be.lessThan(10);
    await up();
    expect([...names, 'last'].filter((name) => starts(name) !== 1)).to.deep.equal([]);
    const tries = new Map((await services()).map(({ name, attempt }) => [name, attempt]));
    expect(before.map((name) => tries.get(name))).to.deep.equal(before.map(() => 1));
  });

  it('F12: while it exports: the old export is whole, or the new one is', async function () {
    if (!canTrace()) this.skip();
    await muster('export', 'compose', '--out', 'out.yaml');
    const whole = readFileSync(project.path('out.yaml'), 'utf8');
    const results = new Set<string>();
    for (const [kind, nth] of [
      ['rename', 1],
      ['link', 1],
      ['fsync', 1],
      ['write', 4],
      ['write', 8],
      ['pwrite', 1],
    ] as const) {
      writeFileSync(project.path('out.yaml'), 'the old one\n');
      const through = killedAt(kind, nth);
      const env = { UV_THREADPOOL_SIZE: '1' };
      await startMuster(['export', 'compose', '--out', 'out.yaml', '--force'], { cwd: project.folder, env, through }).done;
      results.add(readFileSync(project.path('out.yaml'), 'utf8'));
    }
    expect([...results].filter((text) => text !== whole && text !== 'the old one\n')).to.deep.equal([]);
  });

  for (const signal of ['SIGABRT', 'SIGSEGV'] as const) {
    it(`F17: by ${signal}: its services live on, and the next up takes them over as they are`, async () => {
      await up();
      const before = await pids();
      const killed = supervisor();
      signalTo(killed, signal);
      await until('it is gone', () => !isLiving(killed.pid));
      expect((await muster('doctor')).stdout).to.match(/killed|died|did not end in order/);
      await up();
      expect(await pids()).to.deep.equal(before);
    });
  }

  it('F18: notes of an earlier one that make no sense stop no later one, not at the third time either', async () => {
    for (const poison of [
      '{"supervisor":1}\n{"running":[]}\n',
      '\0\0\0{"running":{"db":{"process":{"pid":1}}}}\n',
      `${'['.repeat(100_000)}\n`,
    ]) {
      mkdirSync(folderOf(), { recursive: true, mode: 0o700 });
      for (const name of ['journal', 'stack.json', 'lock.4']) writeFileSync(join(folderOf(), name), poison, { mode: 0o600 });
      await up();
      expect((await muster('down')).code).to.equal(0);
    }
  });

  it('F25: whatever is sent to its socket, it answers or hangs up, and the stack runs on', async () => {
    await up();
    const before = await pids();
    const hostile = [
      '{"id":1,"v":"0","method":"__proto__","params":{}}',
      `{"id":1,"v":"0","method":"why","params":${'{"name":'.repeat(5_000)}1${'}'.repeat(5_000)}}`,
      '{"id":1,"v":"0","method":"apply","params":{"request":{"file":"/dev/zero","variables":{"__proto__":1}}}}',
      '\0\xff\n\n{}[]',
    ];
    for (const text of hostile) {
      const socket = connect(join(folderOf(), 'control.sock'));
      const answered = new Promise((resolve) => socket.once('data', resolve).once('close', resolve).once('error', resolve));
      socket.write(`${text}\n`);
      await answered;
      socket.destroy();
    }
    expect(await pids()).to.deep.equal(before);
  });

  it('F19: by SIGTERM while it boots, at each layer: what was started stops in reverse order, exit code 143', async () => {
    const names = ['a', 'b', 'c'];
    for (const [layer, busy] of names.entries()) {
      const own = createProject();
      const service = (name: string) => ({
        command: program('journals.sh'),
        ready: { notify: true },
        env: { NAME: name, JOURNAL: own.path('journal'), ...(name === busy ? { DELAY: '600' } : {}) },
      });
      const up = startStack(
        { a: service('a'), b: { ...service('b'), depends_on: ['a'] }, c: { ...service('c'), depends_on: ['b'] } },
        { project: own },
      );
      await until(`${busy} runs`, () => journalOf(up).includes(`+ ${busy}`));
      expect((await up.stop('SIGTERM')).code, told(up)).to.equal(143);
      const begun = names.slice(0, layer + 1);
      expect(journalOf(up)).to.deep.equal([
        ...begun.map((name) => `+ ${name}`),
        ...begun.toReversed().map((name) => `- ${name}`),
      ]);
    }
  });

  /** The build puts the version in. */
  const rebuildAs = (dist: string, from: string, to: string): void => {
    for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((each) => /\.m?js$/.test(each))) {
      const text = readFileSync(join(dist, name), 'latin1');
      writeFileSync(join(dist, name), text.replaceAll(JSON.stringify(from), JSON.stringify(to)), 'latin1');
    }
  };

  /** Another installation of muster, of this version or another. */
  const install = (version: string | null): string => {
    const base = join(dirname(project.folder), `muster-${version ?? 'copy'}`);
    const [bundle = ''] = musterCommand();
    const root = dirname(dirname(bundle));
    // What V8 knows of the programs, it knows of those that are copied.
    const isNeeded = (file: string): boolean => !/\.map$|types$/.test(file) && (version === null || !file.endsWith('.cache'));
    cpSync(join(root, 'dist'), join(base, 'dist'), { recursive: true, filter: isNeeded });
    const about = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string };
    writeFileSync(join(base, 'package.json'), JSON.stringify(version === null ? about : { ...about, version }));
    if (version !== null) rebuildAs(join(base, 'dist'), about.version, version);
    symlinkSync(join(root, 'node_modules'), join(base, 'node_modules'));
    return join(base, 'dist', 'cli.js');
  };
  const runInstalled = async (cli: string, words: string): Promise<{ readonly code: number | null; readonly text: string }> => {
    const shell = startShell(project, `exec '${process.execPath}' '${cli}' ${words}`);
    const code = await shell.exited;
    return { code, text: `${shell.stdout()}${shell.stderr()}` };
  };

  it('F26: of an older version, and the newer one comes up: everything is taken over', async function () {
    if (!musterCommand()[0]?.endsWith('cli.js')) this.skip();
    const older = install('0.0.1');
    const first = await runInstalled(older, 'up -d');
    expect(first.code, first.text).to.equal(0);
    const refused = await muster('restart', 'api');
    expect([refused.code, refused.stderr]).to.satisfy(([code, text]: [number, string]) => code === 5 && /0\.0\.1/.test(text));
    const before = JSON.parse((await runInstalled(older, 'status --json')).text) as { readonly services: readonly Told[] };
    killNine(supervisor());
    await up();
    expect(await pids()).to.deep.equal(before.services.map(({ pid }) => pid));
  });

  it('F28: its own program was deleted while it ran: it goes on, restarts and ends in order', async function () {
    if (!musterCommand()[0]?.endsWith('cli.js')) this.skip();
    const copy = install(null);
    const first = await runInstalled(copy, 'up -d');
    expect(first.code, first.text).to.equal(0);
    const before = await pids();
    rmSync(dirname(copy), { recursive: true });
    const restarted = await muster('restart', 'api');
    expect(restarted.code, restarted.stderr).to.equal(0);
    const after = await services();
    expect(after.map(({ name, state, attempt }) => `${name} ${state} ${attempt}`)).to.deep.equal(['db ready 1', 'api ready 2']);
    expect(after[0]?.pid).to.equal(before[0]);
    project.write('services.yaml', toYaml({ ...two, api: { ...sleeper, env: { CHANGED: '1' } } }));
    expect((await muster('status')).code).to.equal(0);
    const down = await muster('down');
    expect(down.code, down.stderr).to.equal(0);
  });
});
