import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ProcessIdentity } from '../../lib/domain/process.ts';
import { projectId } from '../../lib/runtime/identity.ts';
import { createProcesses } from '../../lib/runtime/processes/create.ts';
import { readIdentity } from '../../lib/runtime/processes/read-identity.ts';
import { startCanaries } from '../support/canaries.ts';
import { createProject, type Project, type RunResult, runMuster } from '../support/cli.ts';
import { assertNoMarked, until } from '../support/procs.ts';
import { createRandom, type Random } from '../support/random.ts';
import { memoryOf, program, readText, type Services, toYaml } from '../support/stack-rig.ts';

export type SoakOptions = {
  readonly seed: number;
  /** Asked before each thing that is done; false ends it. */
  readonly goesOn: (done: number) => boolean;
  readonly tell: (text: string) => void;
};

/** Throws with what is not as it should be. */
export type SoakResult = { readonly done: number; readonly kills: number };

//  web ─► api ─► db      worker ─► db      cron      a task before db
const services = (): Services => {
  const counts = {
    command: program('counts-lines.mjs'),
    ready: { notify: true },
    restart: { delay: '50ms', max_delay: '50ms', max: 1_000 },
  };
  return {
    migrate: { command: 'true', type: 'task' },
    db: { ...counts, depends_on: ['migrate'] },
    api: { ...counts, depends_on: { db: { condition: 'healthy', on_loss: 'restart' } } },
    web: { ...counts, depends_on: ['api'] },
    worker: { ...counts, depends_on: ['db'] },
    cron: counts,
  };
};

const counting = ['db', 'api', 'web', 'worker', 'cron'] as const;

type Rig = {
  readonly project: Project;
  readonly id: string;
  readonly muster: (...args: readonly string[]) => Promise<RunResult>;
};

const fail = (what: string, { project }: Rig, result?: RunResult): never => {
  const said = result === undefined ? '' : `\nexit ${result.code ?? result.signal}\n${result.stdout}${result.stderr}`;
  throw new Error(`${what}${said}\n${readText(project.path('logs', 'muster.log')).slice(-4_000)}`);
};

/** The supervisor's identity, by the lock that it holds; null: nobody holds it. */
const supervisorOf = ({ project }: Rig): ProcessIdentity | null => {
  const folder = join(dirname(project.folder), 'run', 'muster', projectId(project.folder));
  const locks = readdirSync(folder).filter((name) => name.startsWith('lock.'));
  const holders = locks.map((name) => JSON.parse(readText(join(folder, name))) as ProcessIdentity);
  return holders.find((holder) => createProcesses().isAlive(holder)) ?? null;
};

const killSupervisor = async (rig: Rig): Promise<void> => {
  const holder = supervisorOf(rig);
  if (holder === null) return;
  process.kill(holder.pid, 'SIGKILL');
  await until('the supervisor is gone', () => !createProcesses().isAlive(holder));
};

/** The marked process of a service, looked at again directly before the signal. */
const killService = async ({ id }: Rig, name: string): Promise<void> => {
  const found = (await createProcesses().findMarked(id)).find(({ marker }) => marker.service === name);
  if (found === undefined || readIdentity(found.identity.pid)?.startTime !== found.identity.startTime) return;
  process.kill(found.identity.pid, 'SIGKILL');
};

type Deed = { readonly name: string; readonly kills: number; readonly act: (rig: Rig, random: Random) => Promise<void> };

const calls =
  (...args: readonly string[]) =>
  async (rig: Rig): Promise<void> => {
    const result = await rig.muster(...args);
    if (result.code !== 0) fail(`muster ${args.join(' ')}`, rig, result);
  };

const deeds: readonly Deed[] = [
  { name: 'kill a service', kills: 1, act: (rig, random) => killService(rig, random.pick(counting)) },
  { name: 'kill the supervisor', kills: 1, act: killSupervisor },
  {
    name: 'kill both',
    kills: 2,
    act: async (rig, random) => {
      await killSupervisor(rig);
      await killService(rig, random.pick(counting));
    },
  },
  {
    name: 'kill the supervisor in the middle of a restart',
    kills: 1,
    act: async (rig, random) => {
      const restarting = rig.muster('restart', random.pick(counting), '--with-dependents');
      await killSupervisor(rig);
      // It lost its supervisor: how it ends is its own business, that it ends is ours.
      await restarting;
    },
  },
  { name: 'restart one', kills: 0, act: (rig, random) => calls('restart', random.pick(counting))(rig) },
  {
    name: 'stop and start one',
    kills: 0,
    act: async (rig, random) => {
      const name = random.pick(counting);
      await calls('stop', name, '--with-dependents')(rig);
      await calls('up', '-d')(rig);
    },
  },
  {
    name: 'up twice at once',
    kills: 0,
    act: async (rig) => void (await Promise.all([calls('up', '-d')(rig), calls('up', '-d')(rig)])),
  },
  {
    name: 'down and up',
    kills: 0,
    act: async (rig) => {
      await calls('down')(rig);
      await assertNoMarked(rig.id);
    },
  },
];

type Status = {
  readonly services: readonly { readonly name: string; readonly state: string; readonly pid: number | null }[];
};

/** What is wrong with this look at the stack; null: nothing. */
const findUntruth = async (rig: Rig): Promise<string | null> => {
  const { stdout } = await rig.muster('status', '--json');
  const { services: told } = JSON.parse(stdout) as Status;
  const marked = await createProcesses().findMarked(rig.id);
  for (const name of counting) {
    const living = marked.filter(({ marker }) => marker.service === name);
    const pids = living.map(({ identity }) => identity.pid);
    // Not even for a moment.
    if (living.length > 1) fail(`I2: ${name} runs more than once: ${pids.join(', ')}`, rig);
    const said = told.find((service) => service.name === name);
    if (said?.state !== 'ready' || said.pid !== pids[0])
      return `I7: ${name} is said to be ${said?.state} as ${said?.pid}, and is ${pids[0]}`;
  }
  return memoryOf(rig.project).supervisor === null ? 'I4: the memory knows no supervisor' : null;
};

/** Within moments of an `up` every service runs once, and the status says what is: the death of one that was taken over is seen within a second. */
const expectTruth = async (rig: Rig): Promise<void> => {
  let untruth: string | null = null;
  await until('all is well', async () => {
    untruth = await findUntruth(rig);
    return untruth === null;
  }).catch(() => fail(untruth ?? 'never well', rig));
};

/** Each process wrote each of its numbers once, in order; the last line may be under way. */
const expectLines = (rig: Rig): void => {
  for (const name of counting) {
    const last = new Map<string, number>();
    for (const line of readText(rig.project.path('logs', `${name}.log`))
      .split('\n')
      .slice(0, -1)) {
      const [pid = '', number = ''] = line.split(' ');
      const expected = (last.get(pid) ?? 0) + 1;
      if (Number(number) !== expected) fail(`I5: ${name}: after ${pid} ${expected - 1} comes "${line}"`, rig);
      last.set(pid, expected);
    }
  }
};

/**
 * Does random things to a stack and its supervisor, many of them with kill -9, and sees after each that the next `up` makes
 * everything well again: nothing twice, nothing lost, nobody hurt who does not belong to it.
 */
export const soak = async ({ seed, goesOn, tell }: SoakOptions): Promise<SoakResult> => {
  const random = createRandom(seed);
  const project = createProject({ 'services.yaml': toYaml(services(), { defaults: { log: { max_size: '1GB' } } }) });
  const rig: Rig = { project, id: projectId(project.folder), muster: (...args) => runMuster(args, { cwd: project.folder }) };
  const canaries = await startCanaries({ program: 'counts-lines.mjs' });
  let [done, kills] = [0, 0];
  try {
    await calls('up', '-d')(rig);
    for (; goesOn(done); done += 1) {
      const deed = random.pick(deeds);
      tell(`${done + 1}: ${deed.name}`);
      await deed.act(rig, random);
      kills += deed.kills;
      await calls('up', '-d')(rig);
      await expectTruth(rig);
      canaries.assertUnhurt();
    }
    await calls('down')(rig);
    await assertNoMarked(rig.id);
    expectLines(rig);
    canaries.assertUnhurt();
    return { done, kills };
  } finally {
    await canaries.stop();
  }
};
