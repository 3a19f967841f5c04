import { mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Stats } from '../../lib/domain/stats.ts';
import { crcStart, toHeader } from '../../lib/runtime/memory-file/format.ts';
import { readIdentity } from '../../lib/runtime/processes/read-identity.ts';
import { crc32 } from '../../lib/util/crc.ts';
import { createProject, type Project, runMuster, startMuster } from '../support/cli.ts';
import { startStranger } from '../support/outsiders.ts';
import { isLiving, until } from '../support/procs.ts';
import { bootStack, expectNothingLeft, memoryOf, program, startStack, timelineOf, told, toYaml } from '../support/stack-rig.ts';

const file = '.server_memory.json';
const services = { api: { command: 'sleep 600' } };

/** A project with two boots in its memory, and the previous copy beside it. */
const remembering = async (): Promise<Project> => {
  const project = createProject();
  for (let boot = 0; boot < 2; boot += 1) await (await bootStack(services, { project })).stop();
  return project;
};

/** Changes what the memory says, as somebody with an editor and our checksum would. */
const edit = (project: Project, change: (text: string) => string): void => {
  const before = readFileSync(project.path(file), 'utf8');
  const text = change(before);
  expect(text, 'the edit changes something').not.to.equal(before);
  const body = Buffer.from(text.slice(text.indexOf('\n') + 1));
  writeFileSync(project.path(file), Buffer.concat([toHeader(crc32(body, crcStart)), body]));
};

/** The service that was stopped, as one that runs and is this process. */
const asRunning =
  (identity: object) =>
  (text: string): string => {
    const edited = text.replace(/"state":"stopped"(.*)"process":null/, `"state":"ready"$1"process":${JSON.stringify(identity)}`);
    expect(edited).to.include('"state":"ready"');
    return edited;
  };

const warnings = (text: string): string[] => text.split('\n').filter((line) => line.includes(file));

describe('the memory', () => {
  it('records each boot with the timeline of every service and the edge that released it', async () => {
    const up = await bootStack({ db: { command: 'sleep 600' }, api: { command: 'sleep 600', depends_on: ['db'] } });
    const run = await up.run();
    await up.stop();
    const [kept] = memoryOf(up.project).history.runs;
    expect(kept).to.include({ id: 1, outcome: 'up', trigger: 'up', environment: 'development' });
    expect(timelineOf(run, 'api')).to.include({ releasedBy: 'db', outcome: 'ready' });
    expect(timelineOf(run, 'api').satisfied).to.be.at.least(timelineOf(run, 'db').ready ?? Number.NaN);
  });

  it('H4: a service that is renamed keeps its boots, also after the next boot under its new name', async () => {
    const project = createProject();
    const under = async (name: string): Promise<void> => {
      const parts = { db: { command: 'sleep 600' }, [name]: { command: 'sleep 601', depends_on: ['db'] } };
      await (await bootStack(parts, { project })).stop();
    };
    await under('api');
    await under('api');
    await under('web');
    await under('web');
    const { stdout } = await runMuster(['stats', '--json'], { cwd: project.folder });
    const { stack, services } = JSON.parse(stdout) as Stats;
    expect(stack).to.include({ runs: 4, partialRuns: 0 });
    expect(services.map(({ name, boots }) => [name, boots])).to.deep.equal([
      ['db', 4],
      ['web', 4],
    ]);
  });

  for (const [name, damage] of [
    ['truncated', (path: string) => truncateSync(path, 200)],
    ['empty', (path: string) => writeFileSync(path, '')],
    ['of wrong types', (path: string) => writeFileSync(path, '{"history": 7, "running": [null]}')],
    [
      'changed by a bit',
      (path: string) => writeFileSync(path, readFileSync(path, 'utf8').replace('"state":"stopped"', '"state":"stopqed"')),
    ],
  ] as const) {
    it(`H1: ${name}: the boot works, with one warning; the old bytes are kept aside, and the history goes on`, async () => {
      const project = await remembering();
      damage(project.path(file));
      const bytes = readFileSync(project.path(file));
      const up = await bootStack(services, { project });
      expect((await up.settled()).verdict, told(up)).to.equal('up');
      await up.stop();
      expect(warnings(up.notices()), up.notices()).to.have.length(1);
      const aside = readdirSync(project.folder).filter((entry) => entry.includes('corrupt'));
      expect(aside).to.have.length(1);
      expect(readFileSync(project.path(aside[0] ?? '')).equals(bytes)).to.equal(true);
      expect(memoryOf(project).history.runs.length).to.be.greaterThan(1);
      // It is mended: nobody hears of it again.
      const again = await bootStack(services, { project });
      await again.stop();
      expect(warnings(again.notices())).to.deep.equal([]);
    });
  }

  it('H1: a directory in its place: the boot works, with one warning', async () => {
    const project = createProject();
    mkdirSync(project.path(file));
    const up = await bootStack(services, { project });
    expect((await up.settled()).verdict, told(up)).to.equal('up');
    await up.stop();
    expect(warnings(up.notices()), up.notices()).to.have.length(1);
    expect(memoryOf(project).history.runs).to.have.length(1);
  });

  it('H1: of a newer version: the boot works, with one warning, and the file is left as it is', async () => {
    const project = await remembering();
    const newer = '{"format":"muster-memory","version":99,"checksum":"sha999:1","what":"is new"}\n';
    writeFileSync(project.path(file), newer);
    const up = await bootStack(services, { project });
    expect((await up.settled()).verdict, told(up)).to.equal('up');
    await up.stop();
    expect(up.notices()).to.match(/newer/);
    expect(readFileSync(project.path(file), 'utf8')).to.equal(newer);
  });

  it('H2: kill -9 while it is written leaves the old or the new file, never a mix', async () => {
    const project = createProject();
    const busy = {
      ...Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`s${index}`, { command: 'sleep 600' }])),
      loop: {
        command: program('journals.sh'),
        env: { NAME: 'loop', JOURNAL: project.path('journal'), TASK: '1', CODE: '1' },
        restart: { delay: '1ms', max_delay: '1ms', max: 10_000 },
        ready: { notify: true },
        optional: true,
      },
    };
    for (let round = 0; round < 4; round += 1) {
      const up = startStack(busy, { project });
      const isLater = (): boolean => up.order('serviceRestarting').length > 5 + round * 11;
      await until('it has written for a while', isLater);
      up.muster.signal('SIGKILL');
      await up.muster.done;
      const { code, stderr } = await runMuster(['stats', '--json'], { cwd: project.folder });
      expect([code, stderr], `round ${round}`).to.deep.equal([0, '']);
    }
    const last = await bootStack(services, { project });
    expect(warnings(last.notices())).to.deep.equal([]);
    await last.stop();
  });

  it('H3: after a reboot everything recorded counts as stopped: whoever has its number now is not touched', async () => {
    const project = await remembering();
    const stranger = await startStranger('ignores-sigterm.mjs', {}, /ready/);
    const identity = readIdentity(stranger.pid);
    if (identity === null) throw new Error('the stranger is gone');
    const recorded = { ...identity, bootId: 'f0000000-0000-4000-8000-00000000000f/1' };
    edit(project, asRunning(recorded));
    const up = await bootStack(services, { project });
    expect((await up.settled()).verdict, told(up)).to.equal('up');
    // The edited file was believed, as far as it goes.
    expect(warnings(up.notices())).to.deep.equal([]);
    expect(up.notices()).not.to.match(/an earlier run/);
    await up.stop();
    expect(stranger.output()).not.to.include('ignored');
    expect(isLiving(stranger.pid)).to.equal(true);
  });

  it('F8: a recorded number that belongs to another process in this boot is never signalled either', async () => {
    const project = await remembering();
    const stranger = await startStranger('ignores-sigterm.mjs', {}, /ready/);
    const identity = readIdentity(stranger.pid);
    if (identity === null) throw new Error('the stranger is gone');
    edit(project, asRunning({ ...identity, startTime: '1' }));
    const up = await bootStack(services, { project });
    expect((await up.settled()).verdict, told(up)).to.equal('up');
    expect(warnings(up.notices())).to.deep.equal([]);
    await up.stop();
    expect(stranger.output()).not.to.include('ignored');
    expect(isLiving(stranger.pid)).to.equal(true);
  });

  it('beside it logs/muster.log tells what muster did, one event a line, closed to others', async () => {
    const up = await bootStack({ api: { command: 'sleep 600', env: { API_TOKEN: 'a-secret-value' } } });
    await up.stop();
    const path = up.project.path('logs', 'muster.log');
    const text = readFileSync(path, 'utf8');
    const events = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly event?: string; readonly service?: string });
    expect(events.filter(({ service }) => service === 'api').map(({ event }) => event)).to.deep.equal([
      'serviceStarting',
      'serviceReady',
      'serviceStopping',
      'serviceStopped',
    ]);
    expect(text).not.to.include('a-secret-value');
    expect((statSync(path).mode & 0o777).toString(8)).to.equal('600');
  });

  it('holds no value of the environment and no output of a service, and is closed to others', async () => {
    const project = createProject();
    project.write(
      'services.yaml',
      toYaml({
        api: { command: 'echo the-output-of-it; exec sleep 600', env: { API_TOKEN: 'a-secret-value', PLAIN: 'a-plain-value' } },
        broken: {
          command: 'echo the-last-words >&2; exit 3',
          env: { PASSWORD: 'another-secret' },
          ready: { notify: true },
          optional: true,
          restart: 'no',
        },
      }),
    );
    const muster = startMuster(['up'], { cwd: project.folder });
    await muster.waitForLine(/is degraded/);
    muster.signal('SIGTERM');
    await muster.done;
    await expectNothingLeft(project);
    const text = readFileSync(project.path(file), 'utf8') + readFileSync(project.path(`${file}.previous`), 'utf8');
    expect(text).not.to.match(/a-secret-value|a-plain-value|another-secret|the-output-of-it|the-last-words/);
    const { mode } = statSync(project.path(file));
    expect((mode & 0o777).toString(8)).to.equal('600');
  });
});
