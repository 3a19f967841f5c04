import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import type { ProcessIdentity } from '../../lib/domain/process.ts';
import { projectId } from '../../lib/runtime/identity.ts';
import { readIdentity } from '../../lib/runtime/processes/read-identity.ts';
import { type Canaries, startCanaries } from '../support/canaries.ts';
import { createProject, type Project, type RunResult, runMuster } from '../support/cli.ts';
import { isLiving, until } from '../support/procs.ts';
import { createRandom } from '../support/random.ts';
import { killNine } from '../support/signals.ts';
import { expectNothingLeft, memoryOf, readText, type Services, toYaml } from '../support/stack-rig.ts';

type Told = {
  readonly name: string;
  readonly state: string;
  readonly pid: number | null;
  readonly attempt: number;
  readonly restarts: number;
};

const seed = Number(process.env.MUSTER_SEED ?? Math.floor(Math.random() * 1e9));

describe('a stack whose supervisor is killed with -9 while it runs', () => {
  let canaries: Canaries;
  let project: Project;
  const muster = (...args: readonly string[]): Promise<RunResult> => runMuster(args, { cwd: project.folder });
  const services = async (): Promise<readonly Told[]> =>
    (JSON.parse((await muster('status', '--json')).stdout) as { readonly services: readonly Told[] }).services;

  before(async () => {
    canaries = await startCanaries({ program: 'listens.mjs' });
  });
  after(() => canaries.stop());
  afterEach(async () => {
    await muster('down');
    await expectNothingLeft(project);
    canaries.assertUnhurt();
  });

  const open = async (all: Services): Promise<void> => {
    project = createProject({ 'services.yaml': toYaml(all) });
    expect((await muster('up', '-d')).code).to.equal(0);
  };
  const kill = async (): Promise<void> => {
    const folder = join(dirname(project.folder), 'run', 'muster', projectId(project.folder));
    const [lock = ''] = readdirSync(folder).filter((name) => name.startsWith('lock.'));
    const supervisor = JSON.parse(readText(join(folder, lock))) as ProcessIdentity;
    killNine(supervisor);
    await until('the supervisor is gone', () => !isLiving(supervisor.pid));
  };

  it('F14: ten services outlive ten kills at times by chance with no restart, and keep their processes and their numbered lines', async function () {
    const names = Array.from({ length: 10 }, (_, index) => `s${index}`);
    await open({
      ...Object.fromEntries(
        names.map((name, index) => [
          name,
          { command: 'exec sleep 600', ...(index === 0 ? {} : { depends_on: [`s${(index - 1) >> 1}`] }) },
        ]),
      ),
      s9: {
        command: 'i=0; while :; do i=$((i+1)); echo $i; sleep 0.02; done',
        health: { exec: 'true', interval: '50ms', timeout: '60s' },
      },
    });
    const before = await services();
    const random = createRandom(seed);
    for (let round = 0; round < 10; round += 1) {
      await new Promise((resolve) => setTimeout(resolve, random.below(150)));
      await kill();
      const { code, stdout, stderr } = await muster('up', '-d');
      expect(code, `seed ${seed}, round ${round}\n${stdout}\n${stderr}`).to.equal(0);
    }
    const after = await services();
    expect(after.map(({ name, state, pid, attempt, restarts }) => ({ name, state, pid, attempt, restarts }))).to.deep.equal(
      before.map(({ name, pid }) => ({ name, state: 'ready', pid, attempt: 1, restarts: 0 })),
    );
    const lines = readText(project.path('logs', 's9.log')).split('\n').slice(0, -1).map(Number);
    expect(lines).to.deep.equal(lines.map((_, index) => index + 1));
  });

  it('F14: a thousand services are all taken over as they are, and none is started again', async function () {
    await open(Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`s${index}`, { command: 'exec sleep 600' }])));
    const idsOf = (): string[] =>
      Object.entries(memoryOf(project).running).map(([name, { process: known }]) => `${name} ${JSON.stringify(known)}`);
    const before = idsOf();
    expect(before).to.have.length(1_000);
    await kill();
    expect((await muster('up', '-d')).code).to.equal(0);
    expect(idsOf()).to.have.members(before);
    for (const { process: known } of Object.values(memoryOf(project).running)) {
      expect(readIdentity(Number(known?.pid))).to.deep.equal(known);
    }
    expect(
      (await services()).every(({ state, attempt, restarts }) => state === 'ready' && attempt === 1 && restarts === 0),
    ).to.equal(true);
  });
});
