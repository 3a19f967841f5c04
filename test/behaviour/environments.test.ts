import { expect } from 'chai';
import { createProject, type Project, runMuster, startMuster } from '../support/cli.ts';
import { freePort, programPath, until } from '../support/procs.ts';
import { bootStack, expectNothingLeft, program, readText, startStack, toYaml } from '../support/stack-rig.ts';
import { hasTerminals, openTerminal } from '../support/terminal.ts';

const runs = { command: ['sleep', '1000'] };
const fails = { command: ['false'], startup_delay: '30s', restart: 'no' };

describe('environments of a running stack', () => {
  it('production isolates errors: without a terminal, what does not need a failed service stays up', async () => {
    const up = startStack({ a: runs, bad: fails, needy: { ...runs, depends_on: ['bad'] } }, { args: ['--env', 'production'] });
    await up.settled();
    const { stdout } = await runMuster(['status', '--json'], { cwd: up.project.folder });
    const { services } = JSON.parse(stdout) as { services: { name: string; state: string }[] };
    expect(services.map(({ name, state }) => `${name} ${state}`)).to.deep.equal(['a ready', 'bad failed', 'needy skipped']);
    // A boot that failed stays failed, however it was left.
    expect((await up.stop('SIGINT')).code).to.equal(1);
  });

  it('in any other environment a boot that failed without a terminal is taken down again', async () => {
    const up = startStack({ a: runs, bad: fails }, { args: ['--env', 'test'] });
    expect((await up.ended()).code).to.equal(1);
  });

  it('overrides hold on a run: port, host and NODE_ENV', async () => {
    const [port, other] = [await freePort(), await freePort()];
    const services = { api: { command: program('listens.mjs'), port } };
    const up = await bootStack(services, {
      args: ['--env', 'staging'],
      stack: { environments: { staging: { services: { api: { port: other, env: { MODE: 'x' } } } } } },
    });
    const ready = await up.event('serviceReady', 'api');
    expect(ready.ports?.map((bound) => bound.port)).to.deep.equal([other]);
    await up.stop();
  });

  it('another environment for a stack that runs is said before it is made, and asked where somebody is there', async function () {
    // A dozen commands one after the other, each a process.
    const stack = { environments: { production: { services: { a: { env: { MODE: 'live' } } } } } };
    const project = createProject({ 'services.yaml': toYaml({ a: runs }, stack) });
    const inFolder = { cwd: project.folder };
    const environment = async (): Promise<string> =>
      (JSON.parse((await runMuster(['status', '--json'], inFolder)).stdout) as { environment: string }).environment;
    const told = (from: string, to: string): string =>
      `muster up: project runs in environment "${from}"; this makes it "${to}", and restarts what is another there\n`;
    expect((await runMuster(['up', '-d', '--env', 'production'], inFolder)).stderr).to.equal('');
    // Without a word about it, it stays what it is.
    expect((await runMuster(['up', '-d'], inFolder)).stderr).to.equal('');
    expect(await environment()).to.equal('production');
    const switched = await runMuster(['up', '-d', '--env', 'testing'], inFolder);
    expect([switched.code, switched.stderr]).to.deep.equal([0, told('production', 'test')]);
    expect(await environment()).to.equal('test');
    if (!hasTerminals()) this.skip();
    for (const [answer, code, then] of [
      ['n', 2, 'test'],
      ['y', 0, 'production'],
    ] as const) {
      const terminal = await openTerminal(project, ['up', '-d', '--env', 'production']);
      await terminal.shows(/Switch\? \[y\/N\]/);
      terminal.type(`${answer}\r`);
      expect(await terminal.exited, terminal.text()).to.equal(code);
      expect(await environment()).to.equal(then);
    }
  });
});

describe('an included file on a run', () => {
  let project: Project;

  beforeEach(async () => {
    const port = await freePort();
    project = createProject({
      'services.yaml': 'include: [backend/services.yaml]\nservices:\n  web: {command: sleep 1000, depends_on: [api]}\n',
      'backend/services.yaml': `services:\n  api: {command: ["${process.execPath}", "${programPath('listens.mjs')}"], port: ${port}}\n  where: {command: "pwd; exec sleep 1000"}\n`,
    });
  });

  afterEach(() => expectNothingLeft(project));

  it('runs in its own folder, and writes its logs into those of the project', async () => {
    const muster = startMuster(['up', '--json'], { cwd: project.folder });
    await muster.waitForLine(/"type":"stackReady"/);
    await until('its folder in the log', () => readText(project.path('logs/where.log')) !== '');
    expect(readText(project.path('logs/where.log')).trim()).to.equal(project.path('backend'));
    muster.signal('SIGINT');
    await muster.done;
  });
});
