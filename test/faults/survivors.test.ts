import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import type { RunRecord } from '../../lib/domain/history.ts';
import type { ProcessIdentity } from '../../lib/domain/process.ts';
import { createProject, type Project, type RunResult, runMuster } from '../support/cli.ts';
import { isLiving, until } from '../support/procs.ts';
import { killNine } from '../support/signals.ts';
import { expectNothingLeft, memoryOf, type Services, toYaml } from '../support/stack-rig.ts';

type Known = ProcessIdentity | null | undefined;

const sleeper = (seconds: number) => ({ command: `exec sleep ${seconds}` });

describe('the boot after a supervisor was killed with -9', () => {
  let project: Project;
  const muster = (...args: readonly string[]): Promise<RunResult> => runMuster(args, { cwd: project.folder });
  const processOf = (name: string): Known => memoryOf(project).running[name]?.process;
  const lastRun = (): RunRecord | undefined => memoryOf(project).history.runs.at(-1);
  const kill = async (known: Known): Promise<void> => {
    killNine(known);
    await until(`${known?.pid} is gone`, () => !isLiving(Number(known?.pid)));
  };
  const killSupervisor = (): Promise<void> => kill(memoryOf(project).supervisor);
  const open = async (services: Services): Promise<void> => {
    project = createProject({ 'services.yaml': toYaml(services) });
    expect((await muster('up', '-d')).code).to.equal(0);
  };

  afterEach(async () => {
    await muster('down');
    await expectNothingLeft(project);
  });

  it('F14, F15: what was taken over is recorded as reused, and what had to be spawned with its attempt', async () => {
    await open({ kept: sleeper(601), killed: sleeper(602), changed: sleeper(603) });
    await killSupervisor();
    await kill(processOf('killed'));
    project.write('services.yaml', toYaml({ kept: sleeper(601), killed: sleeper(602), changed: sleeper(604) }));
    expect((await muster('up', '-d')).code).to.equal(0);

    const run = lastRun();
    const told = Object.entries(run?.services ?? {}).map(([name, { outcome, attempts }]) => [name, outcome, attempts.length]);
    expect(told).to.have.deep.members([
      ['kept', 'reused', 0],
      ['killed', 'ready', 1],
      ['changed', 'ready', 1],
    ]);
    expect(run?.services.changed?.attempts[0]?.spawned).to.be.a('number');
    expect(run?.warm, 'not a cold boot').to.equal(true);
  });

  it('where nothing of it outlived its supervisor, nothing is reused', async () => {
    await open({ one: sleeper(601), two: sleeper(602) });
    await killSupervisor();
    await Promise.all([kill(processOf('one')), kill(processOf('two'))]);
    expect((await muster('up', '-d')).code).to.equal(0);
    expect(Object.values(lastRun()?.services ?? {}).map(({ outcome }) => outcome)).to.deep.equal(['ready', 'ready']);
    expect(lastRun()?.warm).to.equal(false);
  });

  const file = (): string => project.path('.server_memory.json');
  const damages: Readonly<Record<string, () => void>> = {
    'is damaged': () => writeFileSync(file(), '{garbage'),
    'and its previous copy are damaged': () => {
      for (const name of memoryFiles()) writeFileSync(project.path(name), '{garbage');
    },
    'was deleted with its previous copy': () => {
      for (const name of memoryFiles()) rmSync(project.path(name));
    },
  };
  const memoryFiles = (): readonly string[] =>
    readdirSync(project.folder).filter((name) => /^\.server_memory\.json(\.previous)?$/.test(name));

  for (const [damage, act] of Object.entries(damages)) {
    it(`F33: after an ordered end nothing of it is believed to run when the memory file ${damage}`, async () => {
      await open({ a: sleeper(601) });
      await muster('down');
      act();
      expect((await muster('recover')).stdout).to.match(/^nothing (to bring back|is remembered)/);
      const { code, stdout, stderr } = await muster('up', '-d');
      expect([code, stdout + stderr]).to.deep.include(0);
      expect(stdout + stderr).not.to.match(/previous supervisor|died unseen|try 2/);
      expect((await muster('doctor')).stdout).not.to.match(/did not end in order/);
      expect(lastRun()?.services.a).to.include({ outcome: 'ready' });
      expect(lastRun()?.warm).to.equal(false);
    });

    it(`F33: healthy survivors are taken over as they are when the memory file ${damage}`, async () => {
      await open({ a: sleeper(601), b: { ...sleeper(602), depends_on: ['a'] } });
      // The previous copy is older than what runs.
      await muster('stop', 'b');
      await muster('start', 'b');
      const before = [processOf('a'), processOf('b')];
      await killSupervisor();
      expect(memoryFiles()).to.have.length(2);
      act();
      const { code, stdout, stderr } = await muster('up', '-d');
      expect(code).to.equal(0);
      expect(stdout + stderr).not.to.match(/ended what an earlier run had left/);
      expect([processOf('a'), processOf('b')]).to.deep.equal(before);
      expect(Object.values(lastRun()?.services ?? {}).map(({ outcome }) => outcome)).to.deep.equal(['reused', 'reused']);
    });
  }
});
