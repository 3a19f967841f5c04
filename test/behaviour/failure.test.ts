import { chmodSync, rmSync } from 'node:fs';
import { expect } from 'chai';
import { projectId } from '../../lib/runtime/identity.ts';
import { createProcesses } from '../../lib/runtime/processes/create.ts';
import { createProject, type Project, runMuster, startMuster } from '../support/cli.ts';
import { until } from '../support/procs.ts';
import {
  bootStack,
  expectNothingLeft,
  expectOrder,
  journalOf,
  program,
  readText,
  startStack,
  told,
  toYaml,
} from '../support/stack-rig.ts';
import { hasTerminals, openTerminal } from '../support/terminal.ts';

const journals = program('journals.sh');

/** Services that write into the journal of `project`, and tell by notify when they are ready. */
const journaling =
  (project: Project) =>
  (name: string, more: Readonly<Record<string, unknown>> = {}, env: Readonly<Record<string, string>> = {}) => ({
    command: journals,
    ready: { notify: true },
    ...more,
    env: { NAME: name, JOURNAL: project.path('journal'), ...env },
  });

const crashing = { command: program('exits.mjs'), env: { CODE: '1' }, ready: { notify: true }, restart: 'no' };

/** Ends the processes of a service from outside, as the system does when memory runs out. */
const killService = async ({ folder }: Project, service: string): Promise<void> => {
  const processes = createProcesses();
  const marked = await processes.findMarked(projectId(folder));
  const own = marked.filter(({ marker }) => marker.service === service);
  expect(own, `processes of ${service}`).not.to.have.length(0);
  for (const { identity } of own) if (processes.isAlive(identity)) process.kill(identity.pid, 'SIGKILL');
};

describe('a failure', () => {
  // broken ──► web        cache ──► api
  it('C1: of a required service: independent branches finish starting, then exit code 1 and a summary by cause', async () => {
    const project = createProject();
    const service = journaling(project);
    const up = startStack(
      {
        broken: crashing,
        web: service('web', { depends_on: ['broken'] }),
        cache: service('cache', {}, { DELAY: '0.6' }),
        api: service('api', { depends_on: ['cache'] }),
      },
      { project },
    );
    const { verdict, causes } = await up.settled();
    expect((await up.ended()).code, told(up)).to.equal(1);
    expect(verdict).to.equal('failed');
    expect(causes?.map(({ service: name, skipped }) => [name, skipped])).to.deep.equal([['broken', [['web', 'broken']]]]);
    expect(up.order('serviceReady')).to.deep.equal(['cache', 'api']);
    // What did start is stopped, in order, before the command ends.
    expect(journalOf(up)).to.deep.equal(['+ cache', '+ api', '- api', '- cache']);
  });

  it('C1: whose stack trace is longer than the report: its message is told all the same, and why tells the same lines', async () => {
    const project = createProject({
      'services.yaml': toYaml({ api: { command: 'node server.mjs', restart: 'no', startup_delay: '30s' } }),
      'server.mjs': `Error.stackTraceLimit = 30;
const deep = (n) => { if (n > 0) deep(n - 1); else throw new Error('no such table'); };
deep(25);`,
    });
    const muster = (...args: readonly string[]) => runMuster(args, { cwd: project.folder });
    const linesOf = (text: string): readonly string[] => text.match(/(?<=^ {2}│ ).*/gm) ?? [];
    try {
      const { stdout, stderr } = await muster('up', '-d');
      const told = linesOf(stdout + stderr);
      expect(told[0], stdout + stderr).to.equal('Error: no such table');
      expect(linesOf((await muster('why', 'api')).stdout)).to.deep.equal(told);
    } finally {
      await muster('down');
    }
    await expectNothingLeft(project);
  });

  it('B2: an old stack trace hides nothing of what was said after it; JSON has the lines as they were printed', async () => {
    const project = createProject({
      'services.yaml': toYaml({ api: { command: 'node server.mjs', restart: 'no', startup_delay: '30s' } }),
      'server.mjs': `Error.stackTraceLimit = 30;
const deep = (n) => (n > 0 ? deep(n - 1) : console.error(new Error('the old API is gone')));
deep(10);
for (const line of ['listening', 'got request', 'FATAL: password authentication failed', 'exiting with code 1']) console.log(line);
process.exitCode = 1;`,
    });
    const muster = (...args: readonly string[]) => runMuster(args, { cwd: project.folder });
    try {
      const { stdout, stderr } = await muster('up', '-d');
      const told = (stdout + stderr).match(/(?<=^ {2}│ ).*/gm) ?? [];
      const last = ['listening', 'got request', 'FATAL: password authentication failed', 'exiting with code 1'];
      expect(told[0], stdout + stderr).to.equal('Error: the old API is gone');
      expect(told.slice(-5)).to.deep.equal(['…', ...last]);
      const { logLines } = JSON.parse((await muster('why', 'api', '--json')).stdout) as { logLines: readonly string[] };
      const printed = readText(project.path('logs', 'api.log')).trimEnd().split('\n');
      expect(logLines).to.deep.equal(printed.slice(-logLines.length));
      expect(logLines[0]).to.equal(told[0]);
    } finally {
      await muster('down');
    }
    await expectNothingLeft(project);
  });

  it('C1: --fail-fast stops at the first, without waiting for the others', async () => {
    const project = createProject();
    const service = journaling(project);
    const up = startStack(
      {
        first: service('first'),
        broken: { ...crashing, depends_on: ['first'] },
        slow: service('slow', { health_timeout: '60s' }, { DELAY: '60' }),
      },
      { project, args: ['--fail-fast'] },
    );
    expect((await up.ended()).code, told(up)).to.equal(1);
    expect(up.order('serviceReady')).to.deep.equal(['first']);
    expect(up.order('serviceFailed')).to.deep.equal(['broken']);
    expect((await up.event('serviceStopped', 'slow')).reason).to.equal('stopped because broken failed');
  });

  it('C1: in a terminal a failed boot is left to be looked at; with --rollback everything that was started is stopped', async function () {
    if (!hasTerminals()) this.skip();
    const project = createProject();
    const service = journaling(project);
    project.write('services.yaml', toYaml({ broken: crashing, api: service('api') }));
    const left = await openTerminal(project, ['up']);
    await left.shows(/failed after .*: broken/);
    await left.shows(/Ctrl-C stops it/);
    left.type('\u0003');
    expect(await left.exited).to.equal(1);
    const rolledBack = await openTerminal(project, ['up', '--rollback']);
    expect(await rolledBack.exited, rolledBack.text()).to.equal(1);
    expect(rolledBack.text()).to.match(/nothing is left/);
    await expectNothingLeft(project);
  });

  // db ──► api ──► web, admin
  it('C2: one root cause is one message; the skipped ones show the chain web → api → db', async () => {
    const project = createProject();
    const idle = { command: 'sleep 600' };
    project.write(
      'services.yaml',
      toYaml({
        db: crashing,
        api: { ...idle, depends_on: ['db'] },
        web: { ...idle, depends_on: ['api'] },
        admin: { ...idle, depends_on: ['api'] },
      }),
    );
    const { code, stdout } = await runMuster(['up'], { cwd: project.folder });
    await expectNothingLeft(project);
    expect(code).to.equal(1);
    const summary = stdout.slice(stdout.indexOf('total '));
    expect(summary.match(/exited with code 1/g), summary).to.have.length(1);
    expect(summary).to.match(/db failed: exited with code 1 before it was ready/);
    expect(summary).to.match(/kept from starting: api → db, web → api → db and 1 more/);
    expect(summary).to.match(/next: muster logs db --tail 50, then muster up/);
    expect(stdout).to.match(/admin skipped: admin → api → db: db failed/);
  });

  it('C2: without a terminal too, a failure after the boot is told once, by its report, with its time', async () => {
    const project = createProject({ tool: '#!/bin/sh\nexec sleep 600\n' });
    chmodSync(project.path('tool'), 0o755);
    project.write('services.yaml', toYaml({ api: { command: './tool' }, db: { command: 'sleep 600' } }));
    const up = startMuster(['up'], { cwd: project.folder });
    await up.waitForLine(/is up after/);
    rmSync(project.path('tool'));
    expect((await runMuster(['restart', 'api'], { cwd: project.folder })).code).to.equal(1);
    await up.waitForLine(/next: mend the command of api/);
    up.signal('SIGINT');
    const { stdout } = await up.done;
    await expectNothingLeft(project);
    const told = stdout.split('\n').filter((line) => line.includes('"./tool" does not exist'));
    expect(told, stdout).to.have.length(1);
    expect(told[0]).to.match(/^\d\d:\d\d:\d\d\.\d{3} \S api failed: the program/);
  });

  it('C3: an optional service that is missing its program, or fails: the boot succeeds, degraded, and says why', async () => {
    const project = createProject();
    const services = {
      mail: { command: 'no-such-mail-program --port 1', optional: true, label: 'Mail catcher' },
      extra: { ...crashing, optional: true },
      web: { command: 'sleep 600', depends_on: ['mail', 'extra'] },
    };
    const up = await bootStack(services, { project });
    const { verdict, causes } = await up.settled();
    expect(verdict, told(up)).to.equal('degraded');
    expect(causes?.map(({ service, optional }) => [service, optional])).to.have.deep.members([
      ['mail', true],
      ['extra', true],
    ]);
    expect((await up.event('serviceFailed', 'mail')).reason).to.match(/"no-such-mail-program" was not found in PATH \(/);
    expect(up.order('serviceReady')).to.deep.equal(['web']);
    expect((await up.stop('SIGINT')).code).to.equal(130);

    const text = await runMuster(['up', '--strict'], { cwd: project.folder });
    await expectNothingLeft(project);
    expect(text.code).to.equal(6);
    expect(text.stdout).to.match(/is degraded after .*: without (mail, extra|extra, mail)/);
    expect(text.stdout).to.match(/Mail catcher, optional.*failed: the program "no-such-mail-program" was not found/);
  });

  // mail (optional, slow) ··► web
  it('C4: a slow optional one is waited for as long as wait_up_to says, is marked late, and is ready when it comes', async () => {
    const project = createProject();
    const service = journaling(project);
    const up = await bootStack(
      {
        mail: { ...service('mail', { optional: true }), ready: { file: 'late' } },
        web: service('web', { depends_on: { mail: { wait_up_to: '100ms' } } }),
      },
      { project },
    );
    expect((await up.settled()).verdict, told(up)).to.equal('degraded');
    expect(up.order('serviceReady')).to.deep.equal(['web']);
    project.write('late', '');
    expect((await up.event('serviceReady', 'mail')).detail).to.include('came late');
    await up.stop();
    expectOrder(journalOf(up), '- web', '- mail');
  });

  // db ──► patient (ignore), follower (restart), strict (stop)
  it('C5: a dependency dies later: on_loss is obeyed', async () => {
    const project = createProject();
    const service = journaling(project);
    const up = await bootStack(
      {
        db: service('db', { restart: { delay: '50ms' } }),
        patient: service('patient', { depends_on: { db: { on_loss: 'ignore' } } }),
        follower: service('follower', { depends_on: { db: { on_loss: 'restart' } } }),
        strict: service('strict', { depends_on: { db: { on_loss: 'stop' } } }),
      },
      { project },
    );
    await killService(project, 'db');
    await up.event('serviceReady', 'db', ({ attempt }) => attempt === 2);
    await up.event('serviceReady', 'follower', ({ attempt }) => attempt === 2);
    expect((await up.event('serviceStopped', 'strict')).reason).to.equal('stopped because db was lost');
    expect((await up.event('serviceRestarting', 'db')).reason).to.equal('was ended by SIGKILL');
    // Only after db was back: it would fail at once without it.
    const lines = journalOf(up);
    expect(lines.lastIndexOf('+ follower'), lines.join(' ')).to.be.greaterThan(lines.lastIndexOf('+ db'));
    await up.stop();
    expect(journalOf(up).filter((line) => line === '+ patient')).to.have.length(1);
    expect(journalOf(up).filter((line) => line === '+ strict')).to.have.length(1);
    expect(up.order('serviceFailed')).to.deep.equal([]);
  });

  it('H6: a service that is killed from outside is told at once, and started again', async () => {
    const project = createProject();
    const service = journaling(project);
    const up = await bootStack({ api: service('api', { restart: { delay: '10ms' } }) }, { project });
    const first = (await up.event('serviceReady', 'api')).pid;
    await killService(project, 'api');
    const second = await up.event('serviceReady', 'api', ({ attempt }) => attempt === 2);
    expect(second.pid).not.to.equal(first);
    await until('the second one runs', () => journalOf(up).length === 2);
    await up.stop();
  });
});
