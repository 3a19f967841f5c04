import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { createProject, type Project, runMuster } from '../support/cli.ts';
import { until } from '../support/procs.ts';
import { bootStack, journalOf, program, readText, type Services, told, type Up, type UpOptions } from '../support/stack-rig.ts';

const startsOf = ({ project }: Up): number => readText(project.path('starts')).split('\n').length - 1;

const aWeb = (project: Project, more: Readonly<Record<string, unknown>> = {}): Services => ({
  web: {
    command: program('counts-starts.mjs'),
    env: { STARTS: project.path('starts') },
    ready: { notify: true },
    watch: { files: ['src/**'], debounce: '100ms' },
    ...more,
  },
});

/** Booted, and watching. */
const watchStack = async (services: Services, options: UpOptions): Promise<Up> => {
  const up = await bootStack(services, options);
  await until(`it watches: ${told(up)}`, () => /watching \d+ folders? for web/.test(up.notices()));
  return up;
};

const restarted = (up: Up, starts: number): Promise<void> =>
  until(`${starts} starts: ${told(up)}`, () => startsOf(up) >= starts && up.order('serviceReady').length >= starts);

describe('hot reload of a stack', () => {
  it('a changed file restarts its service; status, why and the events say which file', async () => {
    const project = createProject({ 'src/a.js': '1' });
    const up = await watchStack(aWeb(project), { project });
    appendFileSync(project.path('src', 'a.js'), '2');
    await restarted(up, 2);
    const stopping = await up.event('serviceStopping', 'web');
    expect(stopping.reason).to.equal('src/a.js changed');
    const status = await runMuster(['status'], { cwd: project.folder });
    expect(status.stdout).to.include('restarted: src/a.js changed');
    const why = await runMuster(['why', 'web'], { cwd: project.folder });
    expect(why.stdout).to.include('src/a.js changed');
    expect(readText(project.path('logs', 'muster.log'))).to.include('"cause":"src/a.js changed"');
    expect((await up.stop()).code).to.equal(143);
    expect(startsOf(up)).to.equal(2);
  });

  it('F165: a git checkout of ten thousand files is one restart', async function () {
    const project = createProject();
    const git = (...args: readonly string[]): void => void execFileSync('git', args, { cwd: project.folder, stdio: 'ignore' });
    const fill = (text: string): void => {
      for (let index = 0; index < 10_000; index += 1) {
        const folder = project.path('src', `d${index % 200}`);
        if (index < 200) mkdirSync(folder, { recursive: true });
        writeFileSync(`${folder}/f${index}.js`, `${text}${index}`);
      }
      git('add', '-A', 'src');
      git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-qm', text);
      git('branch', text);
    };
    git('init', '-q', '.');
    // Else it tidies up behind our back after a commit, and holds a lock meanwhile.
    git('config', 'maintenance.auto', 'false');
    git('config', 'gc.auto', '0');
    fill('one');
    fill('two');
    const up = await watchStack(aWeb(project, { watch: ['src/**'] }), { project });
    git('checkout', '-q', 'one');
    await restarted(up, 2);
    const reason = (await up.event('serviceStopping', 'web')).reason ?? '';
    expect(reason).to.match(/^src\/d\d+\/f\d+\.js and \d+ other files changed$/);
    // Had a change been left over, it would have been decided about before the one that comes now.
    writeFileSync(project.path('src', 'last.js'), '1');
    await restarted(up, 3);
    const reasons = up.events().flatMap(({ type, reason: each }) => (type === 'serviceStopping' ? [each] : []));
    expect(reasons).to.deep.equal([reason, 'src/last.js changed']);
    await up.stop();
    expect(startsOf(up)).to.equal(3);
  });

  it('F169: a service that writes into its watched folder is paused, and the file is named; a start or a restart by hand watches again', async () => {
    const project = createProject({ 'src/a.js': '1' });
    const env = { STARTS: project.path('starts'), WRITES: project.path('src', 'built.json') };
    const up = await watchStack(aWeb(project, { env }), { project });
    appendFileSync(project.path('src', 'a.js'), '2');
    await until(`it is paused: ${told(up)}`, () => /web: changes src\/built.json itself/.test(up.notices()));
    const starts = startsOf(up);
    // Three restarts of its own within ten seconds are a loop; where a machine takes longer for them, six are.
    expect(starts).to.be.within(4, 8);
    expect(up.notices()).to.match(/not watched until web is started or restarted by hand/);
    appendFileSync(project.path('src', 'a.js'), '3');
    await runMuster(['restart', 'web'], { cwd: project.folder });
    await restarted(up, starts + 2);
    await up.stop();
  });

  it('F166: a file saved by vim is one restart, and opening it is none', async function () {
    if (spawnSync('vim', ['--version'], { stdio: 'ignore' }).status !== 0) this.skip();
    const project = createProject({ 'src/a.js': 'one' });
    // It renames and then writes: both are one change, also where it is held up in between.
    const watch = { files: ['src/**'], debounce: '1s' };
    const up = await watchStack(aWeb(project, { watch }), { project });
    const vim = (...commands: readonly string[]): void =>
      void execFileSync('vim', ['-u', 'NONE', '-es', ...commands.flatMap((each) => ['-c', each]), project.path('src', 'a.js')], {
        stdio: 'ignore',
        env: { ...process.env, HOME: project.path('..') },
      });
    vim('set swapfile backup writebackup', 'qall!');
    vim('set swapfile backup writebackup', '%s/one/two/', 'wq');
    await restarted(up, 2);
    writeFileSync(project.path('src', 'last.js'), '1');
    await restarted(up, 3);
    const reasons = up.events().flatMap(({ type, reason }) => (type === 'serviceStopping' ? [reason] : []));
    expect(reasons).to.deep.equal(['src/a.js changed', 'src/last.js changed']);
    await up.stop();
  });

  it('F10: muster is killed with -9 in the middle of a restart: the old one ends, and the new one is started, once', async () => {
    const project = createProject({ 'src/a.js': '1' });
    const go = project.path('go');
    const script = `echo start >> ${project.path('journal')}; trap 'echo asked >> ${project.path('journal')}; while [ ! -e ${go} ]; do sleep 0.05; done; exit 0' TERM; echo >&3; while :; do sleep 0.1; done`;
    const services = aWeb(project, { command: script, stop: { timeout: '30s' } });
    const up = await watchStack(services, { project });
    appendFileSync(project.path('src', 'a.js'), '2');
    await until('the old one is asked', () => journalOf(up).includes('asked'));
    up.muster.signal('SIGKILL');
    await up.muster.done;
    project.write('go', '');
    const next = await bootStack(services, { project });
    expect((await next.settled()).verdict, told(next)).to.equal('up');
    expect(journalOf(next)).to.deep.equal(['start', 'asked', 'start']);
    await next.stop();
  });

  it('F167: a link out of the project is not followed', async () => {
    const project = createProject({ 'src/a.js': '1', '../outside/x.js': '1' });
    symlinkSync(project.path('..', 'outside'), project.path('src', 'out'));
    const up = await watchStack(aWeb(project), { project });
    appendFileSync(project.path('..', 'outside', 'x.js'), '2');
    appendFileSync(project.path('src', 'a.js'), '2');
    await restarted(up, 2);
    expect((await up.event('serviceStopping', 'web')).reason).to.equal('src/a.js changed');
    await up.stop();
  });

  it('is on in development only, where the file says nothing else; --no-watch switches it off', async () => {
    const project = createProject({ 'src/a.js': '1' });
    const stack = { environments: { staging: { defaults: { watch: { enabled: true } } } } };
    const expectWatching = async (...args: readonly string[]): Promise<void> => {
      const up = await bootStack(aWeb(project), { project, stack, args });
      await until(`it watches: ${told(up)}`, () => up.notices().includes('watching'));
      await up.stop();
    };
    const expectBlind = async (...args: readonly string[]): Promise<void> => {
      const up = await bootStack(aWeb(project), { project, stack, args });
      appendFileSync(project.path('src', 'a.js'), '2');
      // By its end somebody who watches would have said so, and have seen the change.
      expect((await runMuster(['restart', 'web'], { cwd: project.folder })).code).to.equal(0);
      await up.stop();
      expect(up.notices()).not.to.include('watching');
      expect(up.events().filter(({ reason }) => reason?.includes('changed'))).to.deep.equal([]);
    };
    await expectWatching();
    await expectBlind('--no-watch');
    await expectBlind('--env', 'test');
    await expectBlind('--env', 'production');
    await expectWatching('--env', 'staging');
  });

  it('F156: where the system has no watches left it looks at the rest, and says how many, and what to do', async function () {
    const limit = 'echo 20 > /proc/sys/user/max_inotify_watches';
    const able = spawnSync('unshare', ['-Ur', 'sh', '-c', limit], { stdio: 'ignore' });
    if (able.status !== 0) this.skip();
    const files = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`src/d${index}/a.js`, '1']));
    const project = createProject(files);
    const through = ['unshare', '-Ur', 'sh', '-c', `${limit}; exec "$@"`, 'sh'];
    const up = await bootStack(aWeb(project), { project, through });
    await until(`it says so: ${told(up)}`, () => /watching \d+ of 6\d folders/.test(up.notices()));
    expect(up.notices()).to.match(/max_user_watches.*sysctl/);
    appendFileSync(project.path('src', 'd0', 'a.js'), '2');
    await restarted(up, 2);
    appendFileSync(project.path('src', 'd59', 'a.js'), '2');
    await restarted(up, 3);
    await up.stop();
  });
});
