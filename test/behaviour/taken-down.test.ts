import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { createProject, type Project, type RunningMuster, runMuster, startMuster } from '../support/cli.ts';
import { programPath, until } from '../support/procs.ts';
import { expectNothingLeft, toYaml } from '../support/stack-rig.ts';

const neverReady = { command: 'sleep 600', ready: { file: 'ready' } };
const said = /somebody else asked for the end before the stack was up; "muster up" boots it again/;
const modes = [['up'], ['up', '-d'], ['up', '-d', '--json']] as const;

describe('a stack that somebody else takes down before it is up', () => {
  let project: Project;
  const start = (...args: readonly string[]): RunningMuster => startMuster(args, { cwd: project.folder });
  const run = (...args: readonly string[]) => runMuster(args, { cwd: project.folder });
  const bootSlowly = async (...args: readonly string[]): Promise<RunningMuster> => {
    const up = start(...args);
    await up.waitForLine(/db starting|"serviceStarted"/);
    return up;
  };

  beforeEach(() => {
    project = createProject({ 'services.yaml': toYaml({ db: neverReady }) });
  });

  for (const mode of modes) {
    it(`B12: muster ${mode.join(' ')} ends with 1 and says so`, async () => {
      const up = await bootSlowly(...mode);
      expect((await run('down')).code).to.equal(0);
      const { code, stdout, stderr } = await up.done;
      expect(code).to.equal(1);
      expect(stderr).to.match(said);
      expect(stdout).not.to.contain('in the background');
      if (mode.length > 1) expect(stdout, 'what its Ctrl-C does not do').not.to.contain('Ctrl-C');
      await expectNothingLeft(project);
    });

    it(`B12: one that has joined its boot by muster ${mode.join(' ')} ends with 1, too, and boots nothing`, async () => {
      const first = await bootSlowly('up');
      const joined = await bootSlowly(...mode);
      first.signal('SIGINT');
      expect((await first.done).code).to.equal(130);
      const { code, stdout, stderr } = await joined.done;
      expect(code).to.equal(1);
      expect(stderr).to.match(said);
      expect(`${stdout}`.match(/db starting|"serviceStarted"/g)).to.have.length(1);
      expect(stdout, 'what its Ctrl-C does not do').not.to.contain('Ctrl-C');
      expect((await run('status')).stdout).to.contain('nothing is running');
      await expectNothingLeft(project);
    });
  }

  for (const mode of [
    ['up', '--fresh'],
    ['up', '-d', '--fresh'],
  ]) {
    it(`B12: of two muster ${mode.join(' ')} at once the later boots it, and the one that was cut off ends with 1 and says so`, async () => {
      const first = await bootSlowly(...mode);
      const later = await bootSlowly(...mode);
      expect(later.stderr()).to.contain('taken down first, because of --fresh');
      const { code, stderr } = await first.done;
      expect([code, stderr.match(new RegExp(said, 'g'))?.length], stderr).to.deep.equal([1, 1]);
      project.write('ready', '');
      await later.waitForLine(/is up after/);
      if (mode.includes('-d')) {
        expect((await later.done).code).to.equal(0);
        expect((await run('down')).code).to.equal(0);
      } else {
        later.signal('SIGINT');
        expect((await later.done).code).to.equal(130);
      }
      await expectNothingLeft(project);
    });
  }

  it('B12: an up -d that comes while it goes down already waits for that, and boots it again', async () => {
    const stubborn = `sh -c 'trap "while [ ! -e go ]; do sleep 0.05; done; exit 0" TERM; touch up; while :; do sleep 0.05; done'`;
    project.write('services.yaml', toYaml({ db: { command: stubborn, ready: { file: 'up' }, stop: { timeout: '50s' } } }));
    expect((await run('up', '-d')).code).to.equal(0);
    const down = start('down');
    await down.waitForLine(/db stopping/);
    const up = start('up', '-d');
    await up.waitForLine(/is going down; it is booted again after that/);
    project.write('go', '');
    expect((await down.done).code).to.equal(0);
    const { code, stdout } = await up.done;
    expect([code, stdout]).to.deep.include(0);
    expect(stdout).to.match(/is up after/);
    expect((await run('down')).code).to.equal(0);
    await expectNothingLeft(project);
  });

  it('B12: an up -d that has joined a boot which fails and is taken down has its exit code, and nothing is said to run on', async () => {
    project.write(
      'services.yaml',
      toYaml({
        db: { command: 'sleep 600' },
        bad: { command: `sh -c 'until [ -e go ]; do sleep 0.05; done; exit 3'`, restart: 'no', ready: { file: 'r' } },
      }),
    );
    const first = start('up');
    await first.waitForLine(/bad starting/);
    const joined = start('up', '-d');
    await joined.waitForLine(/bad starting/);
    project.write('go', '');
    expect((await first.done).code).to.equal(1);
    const { code, stdout } = await joined.done;
    expect(code).to.equal(1);
    expect(stdout)
      .to.match(/bad failed[^]*nothing is left/)
      .and.not.to.contain('in the background');
    await expectNothingLeft(project);
  });

  it('F84: a supervisor that was started in vain is over before its `up` says so: after a `down` it brings nothing back', async () => {
    project.write('services.yaml', toYaml({ a: { command: 'sleep 1000' } }));
    const gate = project.path('gate');
    const inProject = { cwd: project.folder };
    const env = { GATE: gate, NODE_OPTIONS: `--import=${programPath('held-up.mjs')}` };
    const second = startMuster(['up', '-d'], { ...inProject, env });
    let hasEnded = false;
    void second.done.then(() => {
      hasEnded = true;
    });
    await until('its supervisor is on its way', () => existsSync(`${gate}.waiting`));
    expect((await runMuster(['up', '-d'], inProject)).code).to.equal(0);
    // Time enough for it to find the one that was quicker.
    for (let looks = 0; looks < 3; looks += 1) expect((await runMuster(['status'], inProject)).code).to.equal(0);
    expect(hasEnded).to.equal(false);
    project.write('gate', '');
    expect(await second.done).to.include({ code: 0 });
    expect((await runMuster(['down'], inProject)).code).to.equal(0);
    expect((await runMuster(['status'], inProject)).stdout).to.include('nothing is running here');
    await expectNothingLeft(project);
  });
});
