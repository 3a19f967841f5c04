import { rmSync } from 'node:fs';
import { expect } from 'chai';
import { projectId } from '../../lib/runtime/identity.ts';
import { createProcesses } from '../../lib/runtime/processes/create.ts';
import { createProject, type Project, runMuster } from '../support/cli.ts';
import { isLiving, until } from '../support/procs.ts';
import { killNine, ownProcess } from '../support/signals.ts';
import { bootStack, journalOf, program, readText, startStack, timelineOf, told, type Up } from '../support/stack-rig.ts';

/** The pid of the muster that runs in this project, by the service that it says to be its child. */
const parentOf = (pid: number): number =>
  Number(
    readText(`/proc/${pid}/stat`)
      .replace(/^.*\) \S /s, '')
      .split(' ')[0],
  );

/** Muster dies as by the out-of-memory killer. */
const killMuster = async (up: {
  readonly muster: { signal: (signal: NodeJS.Signals) => void; done: Promise<unknown> };
}): Promise<void> => {
  up.muster.signal('SIGKILL');
  await up.muster.done;
};

describe('after muster was killed with -9, the services', () => {
  const journaling = (project: Project, name: string, env: Readonly<Record<string, string>> = {}) => ({
    command: program('journals.sh'),
    ready: { notify: true },
    env: { NAME: name, JOURNAL: project.path('journal'), ...env },
  });

  // db ──► api, talker
  const stack = (project: Project) => ({
    db: journaling(project, 'db'),
    api: { ...journaling(project, 'api'), depends_on: ['db'] },
    talker: { command: 'while :; do echo said; sleep 0.05; done' },
  });
  const names = ['db', 'api', 'talker'];
  const pidsOf = (up: Up): (number | null | undefined)[] =>
    names.map((name) => up.events().find(({ type, service }) => type === 'serviceReady' && service === name)?.pid);

  it('F10: they run on, their output is kept, and the next `up` takes the healthy ones over as they are', async () => {
    const project = createProject();
    const up = await bootStack(stack(project), { project });
    const pids = pidsOf(up);
    expect(parentOf(pids[0] ?? 0)).to.equal(up.muster.pid);
    await killMuster(up);
    const size = up.log('talker').length;
    await until('its output goes on', () => up.log('talker').length > size);
    expect(pids.map((pid) => isLiving(pid ?? 0))).to.deep.equal([true, true, true]);

    const next = await bootStack(stack(project), { project });
    expect((await next.settled()).verdict, told(next)).to.equal('up');
    expect(pidsOf(next)).to.deep.equal(pids);
    const run = await next.run();
    for (const name of names) expect(timelineOf(run, name).outcome).to.equal('reused');
    expect(next.log('talker').length).to.be.greaterThan(size);
    await next.stop();
    expect(journalOf(next)).to.deep.equal(['+ db', '+ api', '- api', '- db']);
  });

  it('F10: a service that was taken over is restarted like any other when it dies', async () => {
    const project = createProject();
    const services = { api: { ...journaling(project, 'api'), restart: { delay: '10ms' } } };
    await killMuster(await bootStack(services, { project }));
    const next = await bootStack(services, { project });
    const { pid } = await next.event('serviceReady', 'api');
    killNine(await ownProcess(project, pid));
    const again = await next.event('serviceReady', 'api', (event) => event.pid !== pid);
    expect(again.attempt).to.equal(2);
    await next.stop();
    expect(journalOf(next)).to.deep.equal(['+ api', '+ api', '- api']);
  });

  it('F10: one with another definition is asked to stop, and starts anew; the others are taken over', async () => {
    const project = createProject();
    const up = await bootStack(stack(project), { project });
    const [db, api, talker] = pidsOf(up);
    await killMuster(up);
    const services = stack(project);
    const next = await bootStack(
      { ...services, api: { ...services.api, env: { ...services.api.env, CHANGED: '1' } } },
      { project },
    );
    expect((await next.settled()).verdict, told(next)).to.equal('up');
    expect(next.notices()).to.match(/ended what an earlier run had left: api/);
    const [sameDb, otherApi, sameTalker] = pidsOf(next);
    expect([sameDb, sameTalker]).to.deep.equal([db, talker]);
    expect(otherApi).not.to.equal(api);
    await next.stop();
    expect(journalOf(next)).to.deep.equal(['+ db', '+ api', '- api', '+ api', '- api', '- db']);
  });

  it('F10: while booting: nothing is started twice', async () => {
    const project = createProject();
    const services = {
      db: journaling(project, 'db'),
      api: { ...journaling(project, 'api', { DELAY: '0.4' }), depends_on: ['db'] },
    };
    const up = startStack(services, { project });
    await until('api runs', () => journalOf(up).includes('+ api'));
    await killMuster(up);
    const next = await bootStack(services, { project });
    expect((await next.settled()).verdict, told(next)).to.equal('up');
    const marked = await createProcesses().findMarked(projectId(project.folder));
    // A shell and its sleep each.
    expect(marked.filter(({ command }) => command?.includes('journals.sh'))).to.have.length(2);
    await next.stop();
  });

  it('F06: while booting: what an earlier boot has printed, or left as a sign, does not make the process ready that was taken over', async () => {
    const project = createProject();
    const line = 'until [ -e go ]; do sleep 0.02; done';
    const services = {
      prints: { command: `${line}; echo LISTEN; exec sleep 600`, ready: { log: 'LISTEN' } },
      signs: { command: `${line}; date > sign; exec sleep 600`, ready: { file: 'sign' } },
    };
    project.write('go', '');
    await (await bootStack(services, { project })).stop();
    rmSync(project.path('go'));
    const second = startStack(services, { project });
    for (const name of ['prints', 'signs']) await second.event('serviceStarted', name);
    await killMuster(second);
    const third = startStack(services, { project });
    for (const name of ['prints', 'signs']) await third.event('serviceAdopted', name);
    const { stdout } = await runMuster(['status', '--json'], { cwd: project.folder });
    const told = JSON.parse(stdout) as { readonly services: readonly { readonly name: string; readonly state: string }[] };
    expect(told.services.map(({ name, state }) => `${name} ${state}`)).to.deep.equal(['prints starting', 'signs starting']);
    project.write('go', '');
    expect((await third.settled()).verdict).to.equal('up');
    for (const name of ['prints', 'signs'])
      expect((await third.event('serviceReady', name)).pid).to.equal((await second.event('serviceStarted', name)).pid);
    await third.stop();
  });

  it('F10: while stopping: the next `up` ends what was left of it', async () => {
    const project = createProject();
    const deaf = { command: program('ignores-sigterm.mjs'), ready: { log: 'ready' }, stop: { timeout: '1s' } };
    const up = await bootStack({ deaf }, { project });
    up.muster.signal('SIGTERM');
    await until('it was asked', () => up.log('deaf').includes('ignored SIGTERM'));
    await killMuster(up);
    const next = await bootStack({ deaf }, { project });
    expect((await next.settled()).verdict, told(next)).to.equal('up');
    const marked = await createProcesses().findMarked(projectId(project.folder));
    expect(marked).to.have.length(1);
    await next.stop();
  });
});
