import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { connectControl, type RemoteControl } from '../../lib/interfaces/control/client.ts';
import type { StackControl } from '../../lib/interfaces/control.ts';
import { projectId } from '../../lib/runtime/identity.ts';
import { createProcesses } from '../../lib/runtime/processes/create.ts';
import { backgroundVariable } from '../../lib/supervisor/addresses.ts';
import { createProject, type Project, type RunningMuster, runMuster, startMuster } from './cli.ts';
import type { Killer } from './killer.ts';
import { isLiving, until } from './procs.ts';
import { expectNothingLeft, program, readText, toYaml } from './stack-rig.ts';
import type { CallKind } from './strace.ts';

/** When a supervisor is killed: at the nth call of a kind, or so many milliseconds after it was started. */
export type Point = { readonly kind: CallKind; readonly nth: number } | { readonly after: number };
/** It is not killed, but run by a command that looks on. */
type Watched = { readonly through: readonly string[] };

export const tellPoint = (point: Point | Watched): string => {
  if ('through' in point) return 'watched';
  return 'after' in point ? `after:${point.after}` : `${point.kind}:${point.nth}`;
};

const toThrough = (point: Point | Watched, killer: Killer | null): readonly string[] => {
  if ('through' in point) return point.through;
  if ('after' in point) return [];
  if (killer === null) throw new Error(`nothing here kills at ${tellPoint(point)}`);
  return killer.at(point.kind, point.nth);
};

/** One project whose supervisors are killed one after the other. */
export type Chain = {
  readonly project: Project;
  /** A supervisor boots, or takes over, is asked for all that can be asked of it, and is killed somewhere in between. */
  readonly live: (point: Point | Watched) => Promise<'killed' | 'ended'>;
  /** The next `up` finds everything; then `down`, and nothing is left. `byCommands`: as a person would, else faster. */
  readonly end: (byCommands: boolean) => Promise<void>;
  /** What has happened to it. */
  readonly told: () => string;
};

type Version = 'a' | 'b';

//  migrate ──► db ──► api ══► web (restarts with it)     deaf     talker     extra (only in b)
const servicesOf = (version: Version, witness: string) => {
  const service = (name: string, env: Readonly<Record<string, string>> = {}) => ({
    command: program('witness.sh'),
    env: { NAME: name, WITNESS: witness, ...env },
    stop: { timeout: '300ms' },
  });
  return {
    db: { ...service('db', { DELAY: '0.02' }), ready: { notify: true }, depends_on: ['migrate'] },
    migrate: { ...service('migrate', { TASK: '1' }), type: 'task' },
    api: { ...service('api', { VERSION: version }), ready: { notify: true }, depends_on: ['db'] },
    web: { ...service('web'), depends_on: { api: { condition: 'healthy', restart: true } } },
    deaf: service('deaf', { DEAF: '1' }),
    talker: service('talker', { COUNTS: '1' }),
    ...(version === 'b' ? { extra: service('extra') } : {}),
  };
};

const everything = ['db', 'migrate', 'api', 'web', 'deaf', 'talker', 'extra'];

/** With one thread for all calls on files, since those of each thread are counted apart. */
const environment = { [backgroundVariable]: '1', UV_THREADPOOL_SIZE: '1' };

/** In milliseconds. Others may want the machine as well. */
const longestLife = 300_000;

/** `killer`: for points that are calls. */
export const createChain = (killer: Killer | null): Chain => {
  const project = createProject({ 'witness/doubles': '' });
  const folder = join(dirname(project.folder), 'run', 'muster', projectId(project.folder));
  const witness = project.path('witness');
  const processes = createProcesses();
  let version: Version = 'a';
  /** How often each may have been started by now: once, and once more each time that was asked for. */
  const mayHaveStarted = new Map<string, number>();
  /** Those that were up, and that nobody has been asked to touch since. */
  let untouched = new Map<string, number>();
  const story: string[] = [];

  const write = (): void => project.write('services.yaml', toYaml(servicesOf(version, witness)));
  const allow = (...names: readonly string[]): void => {
    for (const name of names) mayHaveStarted.set(name, (mayHaveStarted.get(name) ?? 0) + 1);
    touch(...names);
  };
  const touch = (...names: readonly string[]): void => {
    for (const name of names) untouched.delete(name);
  };
  const inStory = (what: string): string => `${what}, after ${story.join(', ')} (in ${project.folder})`;

  /** What holds at any moment, whoever was killed. */
  const checkAlways = async (): Promise<void> => {
    expect(readText(join(witness, 'doubles')), inStory('two of one service lived at once')).to.equal('');
    for (const [name, most] of mayHaveStarted) {
      if (name === 'migrate') continue;
      const starts = readText(join(witness, `starts.${name}`)).split('\n').length - 1;
      expect(starts, inStory(`starts of ${name}`)).to.be.at.most(most);
    }
    for (const [name, pid] of untouched) expect(isLiving(pid), inStory(`${name} (pid ${pid}) lives`)).to.equal(true);
    const leaders = (await processes.findMarked(projectId(project.folder))).filter(({ leads }) => leads);
    const names = leaders.map(({ marker }) => marker.service);
    expect(names.length, inStory(`groups: ${names.join(' ')}`)).to.equal(new Set(names).size);
    const memory = readText(project.path('.server_memory.json'));
    if (memory !== '') expect(() => JSON.parse(memory) as unknown, inStory('the memory')).not.to.throw();
  };

  /** Everything is as the file says, and what nobody touched is what it was. */
  const checkUp = async (control: StackControl): Promise<void> => {
    const { services, outcome } = await control.snapshot();
    const states = services.map(({ name, state }) => `${name} ${state}`);
    expect(outcome.verdict, inStory(states.join(', '))).to.equal('up');
    const expected = Object.keys(servicesOf(version, witness)).sort();
    expect(services.map(({ name }) => name).sort(), inStory('services')).to.deep.equal(expected);
    let marked = await processes.findMarked(projectId(project.folder));
    // A process has its new environment a moment after it has become another program.
    const areMarked = (): boolean => services.every(({ pid }) => pid === null || marked.some((one) => one.identity.pid === pid));
    await until(inStory('every process carries its marker'), async () => {
      if (!areMarked()) marked = await processes.findMarked(projectId(project.folder));
      return areMarked();
    });
    for (const { name, type, pid, state } of services) {
      if (type === 'task') continue;
      expect(state, inStory(name)).to.equal('ready');
      const leaders = marked.filter(({ marker, leads }) => leads && marker.service === name);
      expect(
        leaders.map(({ identity }) => identity.pid),
        inStory(`the one process of ${name}`),
      ).to.deep.equal([pid]);
      if (untouched.has(name)) expect(pid, inStory(`${name} is the same process`)).to.equal(untouched.get(name));
    }
    const gone = marked.filter(({ marker }) => !expected.includes(marker.service));
    expect(
      gone.map(({ marker }) => marker.service),
      inStory('not in the file'),
    ).to.deep.equal([]);
    untouched = new Map(services.flatMap(({ name, pid }) => (pid === null ? [] : [[name, pid] as const])));
    await checkAlways();
  };

  /** Null: it ended before. */
  const connect = async (supervisor: RunningMuster): Promise<RemoteControl | null> => {
    let isOver = false;
    const end = (): void => {
      isOver = true;
    };
    void supervisor.done.then(end, end);
    while (!isOver) {
      if (existsSync(join(folder, 'control.sock'))) {
        const found = await connectControl(folder, { patience: 60_000 });
        if (found.ok) return found;
      }
      await pause(3);
    }
    return null;
  };

  const apply = async (control: StackControl): Promise<void> => {
    version = version === 'a' ? 'b' : 'a';
    write();
    if (version === 'b') allow('extra');
    else touch('extra');
    allow('api', 'web');
    const request = { file: project.path('services.yaml'), environment: null, profiles: [], only: [], noDeps: false };
    await control.apply({ ...request, variables: {} });
  };

  const acts: readonly (readonly [string, (control: StackControl) => Promise<unknown>])[] = [
    ['restart', (control) => (allow('api', 'web'), control.restart(['api']))],
    ['apply', apply],
    ['stop', (control) => (allow('deaf'), control.stop(['deaf'], 'force'))],
    ['start', (control) => control.start(['deaf'])],
    ['down', (control) => (allow(...everything), control.down())],
  ];

  /** Until it is killed, or has done all of it. */
  const liveWith = async (control: RemoteControl): Promise<void> => {
    await control.boot();
    await checkUp(control);
    for (const [what, act] of acts) {
      story.push(what);
      await act(control);
    }
  };

  const start = (through: readonly string[]): RunningMuster =>
    startMuster(['up'], { cwd: project.folder, env: environment, through, patience: longestLife });

  write();
  allow(...everything);
  return {
    project,
    told: () => story.join(', '),
    live: async (point) => {
      story.push(`[${tellPoint(point)}]`);
      const supervisor = start(toThrough(point, killer));
      if ('after' in point) void pause(point.after).then(() => supervisor.signal('SIGKILL'));
      const control = await connect(supervisor);
      try {
        if (control !== null) await liveWith(control);
      } catch (error) {
        if (!isLost(error)) throw error;
      } finally {
        control?.close();
      }
      const { code, signal, stderr } = await supervisor.done;
      await checkAlways();
      const wasKilled = signal === 'SIGKILL';
      if (!wasKilled) expect(code, inStory(stderr)).to.equal(0);
      return wasKilled ? 'killed' : 'ended';
    },
    end: async (byCommands) => {
      story.push('[end]');
      const muster = (...args: readonly string[]) => runMuster(args, { cwd: project.folder });
      const up = byCommands ? await muster('up', '-d') : null;
      if (up !== null) expect(up.code, inStory(`up: ${up.stdout}${up.stderr}`)).to.equal(0);
      const supervisor = byCommands ? null : start([]);
      const control = supervisor === null ? await connectControl(folder) : await connect(supervisor);
      if (control === null || !control.ok) throw new Error(inStory('nobody answers'));
      try {
        const report = await control.boot();
        const said = `verdict (${JSON.stringify(report?.outcome)}; ${readText(project.path('logs', 'muster.log')).slice(-2_000)})`;
        expect(report?.outcome.verdict, inStory(said)).to.equal('up');
        await checkUp(control);
        if (byCommands) expect((await muster('status')).code, inStory('status')).to.equal(0);
        const down = byCommands ? await muster('down') : await control.down();
        if ('code' in down) expect(down.code, inStory(`down: ${down.stdout}${down.stderr}`)).to.equal(0);
        else expect(down.survivors, inStory('survivors')).to.deep.equal([]);
      } finally {
        control.close();
      }
      if (supervisor !== null) expect((await supervisor.done).code, inStory('the end')).to.equal(0);
      await expectNothingLeft(project);
      checkLines(readLogs(project), inStory);
      checkFolders(project, folder, inStory);
    },
  };
};

const isLost = (error: unknown): boolean => error instanceof Error && error.name === 'ConnectionLost';

const readLogs = (project: Project): readonly string[] => readText(project.path('logs', 'talker.log')).split('\n').slice(0, -1);

/** Each process of the talker has said 1, 2, 3, … without a gap. */
const checkLines = (lines: readonly string[], inStory: (what: string) => string): void => {
  const next = new Map<string, number>();
  for (const line of lines) {
    const [pid = '', number = ''] = line.split(' ');
    expect(Number(number), inStory(`line of ${pid}`)).to.equal(next.get(pid) ?? 1);
    next.set(pid, Number(number) + 1);
  }
  expect(lines.length, inStory('lines')).to.be.greaterThan(0);
};

/** Nothing that a killed one was about to write is left beside what it wrote. */
const checkFolders = (project: Project, folder: string, inStory: (what: string) => string): void => {
  // The last words of one that died are for `muster doctor`.
  const own = readdirSync(folder).filter((name) => !name.endsWith('.notify') && name !== 'crash.json');
  expect(own, inStory('in the runtime folder')).to.deep.equal([]);
  const left = readdirSync(project.folder).filter((name) => /\.tmp|corrupt|\.aside/.test(name));
  expect(left, inStory('in the project')).to.deep.equal([]);
};

/** How many calls of each kind a whole life has: of one that boots, or of one that takes over. */
export const countLife = async (isFirst: boolean, killer: Killer): Promise<ReadonlyMap<CallKind, number>> => {
  const chain = createChain(killer);
  if (!isFirst) await chain.live({ after: 1_000 });
  const file = join(dirname(chain.project.folder), 'calls');
  expect(await chain.live({ through: killer.counting(file) })).to.equal('ended');
  return killer.countsIn(file);
};
