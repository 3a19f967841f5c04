import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { projectId } from '../../lib/runtime/identity.ts';
import { createProcesses } from '../../lib/runtime/processes/create.ts';
import { createProject, type Project, runMuster } from '../support/cli.ts';
import { freePort, isLiving, until } from '../support/procs.ts';
import { bootStack, journalOf, program, readText, type Services, startStack, told, toYaml } from '../support/stack-rig.ts';

/** Writes its own name, and what it is told, as a line of the journal. */
const journal = (project: Project, words: string): string => `echo "${words}" >> ${project.path('journal')}`;

const aService = (
  project: Project,
  hooks: Readonly<Record<string, unknown>>,
  more: Readonly<Record<string, unknown>> = {},
): Services => ({
  web: {
    command: program('journals.sh'),
    ready: { notify: true },
    env: { NAME: 'web', JOURNAL: project.path('journal') },
    hooks,
    ...more,
  },
});

const hookPids = async (project: Project): Promise<readonly number[]> => {
  const marked = await createProcesses().findMarked(projectId(project.folder));
  return marked.filter(({ marker }) => marker.hook !== undefined).map(({ identity }) => identity.pid);
};

describe('hooks of the stack', () => {
  const names = ['before_up', 'after_up', 'before_down', 'after_down'];
  const journaling = (project: Project, more: Readonly<Record<string, unknown>> = {}) => ({
    env: { GREETING: 'hello' },
    hooks: {
      ...Object.fromEntries(
        names.map((name) => [name, journal(project, '$MUSTER_HOOK $NODE_ENV $GREETING').replaceAll('$', '$$$$')]),
      ),
      ...more,
    },
  });

  it('run around everything: before anything starts, when all is up, before the stop, when all is gone', async () => {
    const project = createProject();
    const up = await bootStack(aService(project, {}), { project, stack: journaling(project) });
    expect(journalOf(up)).to.deep.equal(['before_up development hello', '+ web', 'after_up development hello']);
    const again = await runMuster(['up', '-d'], { cwd: project.folder });
    expect(again.code, again.stderr).to.equal(0);
    await up.stop();
    expect(journalOf(up).slice(3)).to.deep.equal(['before_down development hello', '- web', 'after_down development hello']);
  });

  it('before_up that fails: nothing is started, exit 1, and the reason is told with what it said', async () => {
    const project = createProject();
    const stack = journaling(project, { before_up: 'echo the disk is full >&2; exit 4' });
    const up = startStack(aService(project, {}), { project, stack });
    expect((await up.ended()).code, told(up)).to.equal(1);
    expect(up.notices()).to.match(
      /the before_up hook exited with code 4: the disk is full \(logs\/muster.hooks.log\); nothing is started/,
    );
    expect(journalOf(up)).to.deep.equal(['after_down development hello']);
    expect(up.order('serviceStarted')).to.deep.equal([]);
    expect(readText(project.path('logs', 'muster.hooks.log'))).to.equal('the disk is full\n');
    const detached = await runMuster(['up', '-d'], { cwd: project.folder });
    expect(detached.code).to.equal(1);
    // On stderr where the supervisor had ended sooner than its client could listen.
    expect(detached.stdout + detached.stderr).to.match(
      / failed: the before_up hook exited with code 4: the disk is full \(logs\/muster.hooks.log\); nothing runs: mend it, then muster up$/m,
    );
    expect(detached.stdout).not.to.match(/runs in the background|SERVICE|after 0 ms/);
    const run = await runMuster(['run', '--', 'touch', 'ran'], { cwd: project.folder });
    expect(run.code).to.equal(1);
    expect(existsSync(project.path('ran'))).to.equal(false);
    expect((await runMuster(['ls'], { cwd: project.folder })).stdout).not.to.include(project.folder);
  });

  it('`up -d` and `run` wait for after_up; its failure is only told', async () => {
    const project = createProject();
    const stack = { hooks: { after_up: `sleep 0.3; ${journal(project, 'seeded')}; exit 1` } };
    project.write('services.yaml', toYaml(aService(project, {}), stack));
    const run = await runMuster(['run', '--', 'sh', '-c', journal(project, 'test')], { cwd: project.folder });
    expect(run.code, run.stderr).to.equal(0);
    expect(readText(project.path('journal')).split('\n').filter(Boolean)).to.deep.equal(['+ web', 'seeded', 'test', '- web']);
    expect(readText(project.path('logs', 'muster.log'))).to.include('the after_up hook exited with code 1');
  });

  it('a boot that failed runs no after_up and no before_down', async () => {
    const project = createProject();
    const services = { ...aService(project, {}), broken: { type: 'task', command: 'exit 1', restart: 'no' } };
    const up = startStack(services, { project, stack: journaling(project) });
    expect((await up.ended()).code).to.equal(1);
    const hooks = journalOf(up).filter((line) => names.some((name) => line.startsWith(name)));
    expect(hooks).to.deep.equal(['before_up development hello', 'after_down development hello']);
  });

  it('E9: down hooks that fail or hang are told, and everything is gone all the same', async () => {
    const project = createProject();
    const hanging = { before_down: { command: 'sleep 600', timeout: '300ms' }, after_down: 'exit 3' };
    const up = await bootStack(aService(project, {}), { project, stack: { hooks: hanging } });
    await up.stop();
    expect(up.notices()).to.match(/the before_down hook did not end within 300 ms, and was killed/);
    expect(up.notices()).to.match(/the after_down hook exited with code 3/);
    expect(journalOf(up)).to.deep.equal(['+ web', '- web']);
  });

  it('E3: a second signal ends before_down, and leaves after_down out', async () => {
    const project = createProject();
    const hooks = { before_down: `${journal(project, 'draining')}; sleep 600`, after_down: journal(project, 'after') };
    const up = await bootStack(aService(project, {}), { project, stack: { hooks } });
    up.muster.signal('SIGINT');
    await until('the hook runs', () => journalOf(up).includes('draining'));
    up.muster.signal('SIGINT');
    await up.ended();
    expect(journalOf(up)).to.deep.equal(['+ web', 'draining', '- web']);
  });

  it('E2: a stop during before_up ends it, and nothing is started', async () => {
    const project = createProject();
    const up = startStack(aService(project, {}), {
      project,
      stack: { hooks: { before_up: `${journal(project, 'begun')}; sleep 600` } },
    });
    await until('the hook runs', () => journalOf(up).includes('begun'));
    expect((await up.stop()).code).to.equal(143);
    expect(journalOf(up)).to.deep.equal(['begun']);
  });

  it('F10: after a kill -9 of muster what is taken over was never down: neither before_up nor after_up runs again', async () => {
    const project = createProject();
    const stack = journaling(project);
    const up = await bootStack(aService(project, {}), { project, stack });
    up.muster.signal('SIGKILL');
    await up.muster.done;
    const next = await bootStack(aService(project, {}), { project, stack });
    expect((await next.settled()).verdict, told(next)).to.equal('up');
    await next.stop();
    expect(journalOf(next).map((line) => line.split(' ')[0])).to.deep.equal([
      'before_up',
      '+',
      'after_up',
      'before_down',
      '-',
      'after_down',
    ]);
  });

  it('F10: killed in the middle of before_up: what it left is ended, and it runs anew', async () => {
    const project = createProject();
    const hook = `${journal(project, 'begun')}; [ -e ${project.path('go')} ] || sleep 600`;
    const options = { project, stack: { hooks: { before_up: hook } } };
    const up = startStack(aService(project, {}), options);
    await until('the hook runs', () => journalOf(up).includes('begun'));
    up.muster.signal('SIGKILL');
    await up.muster.done;
    const [old = 0] = await hookPids(project);
    expect(isLiving(old)).to.equal(true);
    project.write('go', '');
    const next = await bootStack(aService(project, {}), options);
    expect(isLiving(old)).to.equal(false);
    await next.stop();
    expect(journalOf(next)).to.deep.equal(['begun', 'begun', '+ web', '- web']);
  });
});

describe('hooks of a service, with real processes', () => {
  it('run in order, in its folder and environment, and print into its log', async () => {
    const project = createProject();
    const port = await freePort();
    const up = await bootStack(
      aService(
        project,
        {
          before_start: `echo preparing; ${journal(project, '$MUSTER_HOOK $PORT $NAME')}`,
          after_ready: journal(project, '$MUSTER_HOOK ${MAINPID:+pid}').replaceAll('$', '$$$$'),
          before_stop: [process.execPath, '-e', `require('fs').appendFileSync(process.env.JOURNAL, 'before_stop\\n')`],
          after_stop: { command: journal(project, 'after_stop'), timeout: '5s' },
        },
        { port },
      ),
      { project },
    );
    await until('after_ready has run', () => journalOf(up).length === 3);
    await up.stop();
    expect(journalOf(up)).to.deep.equal([
      `before_start ${port} web`,
      '+ web',
      'after_ready pid',
      'before_stop',
      '- web',
      'after_stop',
    ]);
    expect(up.log('web')).to.match(/^preparing$/m);
  });

  it('B2: a before_start that fails is the reason of the failure, with what it said, and nothing is spawned', async () => {
    const project = createProject();
    const up = startStack(aService(project, { before_start: 'echo no database here >&2; exit 3' }, { restart: 'no' }), {
      project,
    });
    expect((await up.ended()).code).to.equal(1);
    const failed = await up.event('serviceFailed', 'web');
    expect(failed.reason).to.equal('its before_start hook exited with code 3: no database here');
    expect(journalOf(up)).to.deep.equal([]);
    expect(readText(project.path('.server_memory.json'))).not.to.include('no database here');
  });

  it('one whose program is not there says so', async () => {
    const project = createProject();
    const up = startStack(aService(project, { before_start: 'exec ./nothing-of-that-name' }, { restart: 'no' }), { project });
    expect((await up.ended()).code).to.equal(1);
    expect((await up.event('serviceFailed', 'web')).reason).to.match(/before_start hook exited with code 127/);
  });

  it('F3: is killed at its timeout as a whole, with what left its group and ignores signals', async () => {
    const project = createProject();
    const node = JSON.stringify([process.execPath, ...program('forks-setsid.mjs').slice(1)]);
    const up = startStack(
      aService(
        project,
        { before_start: { command: JSON.parse(node) as string[], timeout: '15s' } },
        { restart: 'no', env: { NAME: 'web', JOURNAL: project.path('journal'), IGNORE: '1' } },
      ),
      { project },
    );
    await until('its child runs', () => /child \d+/.test(up.log('web')));
    const child = Number(/child (\d+)/.exec(up.log('web'))?.[1]);
    expect((await up.event('serviceFailed', 'web')).reason).to.match(/did not end within 15.0 s, and was killed/);
    expect(isLiving(child)).to.equal(false);
    await up.ended();
  });

  it('what a hook leaves running ends with it', async () => {
    const project = createProject();
    const up = await bootStack(aService(project, { before_start: 'sleep 600 & echo "child $!"' }), { project });
    const child = Number(/child (\d+)/.exec(up.log('web'))?.[1]);
    expect(child, told(up)).to.be.greaterThan(0);
    expect(isLiving(child)).to.equal(false);
    await up.stop();
  });

  it('E9: a stop hook that fails or hangs is told, and everything is gone all the same', async () => {
    const project = createProject();
    const up = await bootStack(
      aService(project, { before_stop: { command: 'sleep 600', timeout: '300ms' }, after_stop: 'exit 9' }),
      { project },
    );
    const result = await up.stop();
    expect(result.code).to.equal(143);
    expect(up.notices()).to.match(/web: its before_stop hook did not end within 300 ms, and was killed; the stop goes on/);
    expect(up.notices()).to.match(/web: its after_stop hook exited with code 9; the stop goes on/);
    expect(journalOf(up)).to.deep.equal(['+ web', '- web']);
  });

  it('E2: a stop during before_start asks the hook to end, and waits for it', async () => {
    const project = createProject();
    const hook = `trap 'echo undone >> ${project.path('journal')}; exit 0' TERM; echo begun >> ${project.path('journal')}; while :; do sleep 0.1; done`;
    const up = startStack(aService(project, { before_start: hook }), { project });
    await until('the hook runs', () => journalOf(up).includes('begun'));
    await up.stop();
    expect(journalOf(up)).to.deep.equal(['begun', 'undone']);
  });

  it('F10: muster is killed with -9 in the middle of before_start: that hook is ended, and the next `up` begins anew', async () => {
    const project = createProject();
    const services = aService(project, {
      before_start: `${journal(project, 'hook')}; [ -e ${project.path('go')} ] || sleep 600`,
    });
    const up = startStack(services, { project });
    await until('the hook runs', () => journalOf(up).length === 1);
    up.muster.signal('SIGKILL');
    await up.muster.done;
    const [old = 0] = await hookPids(project);
    expect(isLiving(old)).to.equal(true);
    project.write('go', '');
    const next = await bootStack(services, { project });
    expect((await next.settled()).verdict, told(next)).to.equal('up');
    expect(isLiving(old)).to.equal(false);
    expect(journalOf(next)).to.deep.equal(['hook', 'hook', '+ web']);
    await next.stop();
  });

  it('F10: killed during after_ready: the service is taken over, and the hook runs to its end, once', async () => {
    const project = createProject();
    const path = project.path('go');
    const hook = `${journal(project, 'begun')}; while [ ! -e ${path} ]; do sleep 0.05; done; ${journal(project, 'done')}`;
    const services = aService(project, { after_ready: hook });
    const up = await bootStack(services, { project });
    await until('the hook runs', () => journalOf(up).includes('begun'));
    up.muster.signal('SIGKILL');
    await up.muster.done;
    const next = await bootStack(services, { project });
    expect((await next.settled()).verdict, told(next)).to.equal('up');
    project.write('go', '');
    await until('the hook is done', () => journalOf(next).includes('done'));
    await next.stop();
    expect(journalOf(next)).to.deep.equal(['+ web', 'begun', 'done', '- web']);
  });

  it('F10: killed during before_stop: it runs once more, alone, and the stop is gone on with', async () => {
    const project = createProject();
    const path = project.path('go');
    const hook = `${journal(project, 'drain')}; while [ ! -e ${path} ]; do sleep 0.05; done`;
    const services = aService(project, { before_stop: hook });
    const up = await bootStack(services, { project });
    up.muster.signal('SIGTERM');
    await until('the hook runs', () => journalOf(up).includes('drain'));
    up.muster.signal('SIGKILL');
    await up.muster.done;
    const [old = 0] = await hookPids(project);
    const next = startStack(services, { project });
    await until('it runs again', () => journalOf(next).filter((line) => line === 'drain').length === 2);
    expect(isLiving(old)).to.equal(false);
    project.write('go', '');
    await next.settled();
    await next.stop();
    expect(journalOf(next).slice(0, 4)).to.deep.equal(['+ web', 'drain', 'drain', '- web']);
  });
});
