import { expect } from 'chai';
import type { Failure } from '../../lib/domain/state.ts';
import { choose, renderStatus, tellStack } from '../../lib/interfaces/cli/render/status.ts';
import { toStatusData } from '../../lib/interfaces/control/status-data.ts';
import { displayWidth } from '../../lib/util/ansi.ts';
import { createProject, type Project, type RunResult, runMuster, startMuster } from '../support/cli.ts';
import { freePort, isLiving, until } from '../support/procs.ts';
import { inState, ready, starting, stopping } from '../support/records.ts';
import { killNine } from '../support/signals.ts';
import { aSnapshot } from '../support/snapshots.ts';
import { bootStack, memoryOf, startStack } from '../support/stack-rig.ts';
import { aDependency, aProbe, aService, aTask } from '../support/stacks.ts';
import { hasTerminals, openTerminal } from '../support/terminal.ts';

const toCommand = (words: readonly string[]): string => ['muster', ...words].join(' ');
const look = { colour: false, unicode: true, width: null, toCommand };
const crashed: Failure = { kind: 'exited', exit: { code: 1, signal: null }, beforeReady: true };
const muster = ({ folder }: Project, ...args: readonly string[]): Promise<RunResult> => runMuster(args, { cwd: folder });

//   db ─► migrate ─► api ─► web      mail (optional)
const services = [
  aService('db', { ports: [{ name: null, wanted: 5432 }] }),
  aTask('migrate', { dependsOn: [aDependency('db')] }),
  aService('api', {
    label: 'The API',
    dependsOn: [aDependency('migrate', { condition: 'completed' })],
    ports: [{ name: 'http', wanted: 3000 }],
    health: aProbe({
      check: { kind: 'http', url: '/health', method: 'GET', headers: {}, status: [[200, 299]], bodyMatches: null },
    }),
  }),
  aService('web', { dependsOn: [aDependency('api')] }),
  aService('mail', { optional: true }),
];

const running = {
  db: inState(ready(), { ports: [{ name: null, port: 5432 }] }),
  migrate: inState({ kind: 'completed', since: 1_000, exit: { code: 0, signal: null } }),
  api: inState(ready({ since: 2_000 }), { ports: [{ name: 'http', port: 3001 }] }),
  web: inState(ready({ since: 2_000 })),
  mail: inState(
    { kind: 'backoff', since: 59_000, until: 64_200, failure: crashed, retry: 3, of: 5 },
    { attempt: 3, restarts: { times: [1, 2, 3], streak: 3, sinceReady: 3 } },
  ),
};

describe('the table of muster status', () => {
  it('what is to be typed after an edit is about the same file', () => {
    const edited = { added: ['mail'], problem: null };
    const ofOther = (words: readonly string[]): string => ['muster -f b.yaml', ...words].join(' ');
    expect(renderStatus({ ...aSnapshot(services, running), edited }, { ...look, toCommand: ofOther }).at(-1)).to.equal(
      'its file has changed; new in it: mail; "muster -f b.yaml up --dry-run" shows what "muster -f b.yaml up" would do',
    );
  });

  it('D1: shows state, pid, ports, since when, restarts, and when the next try is', () => {
    expect(renderStatus(aSnapshot(services, running), look)).to.deep.equal([
      'test: restarting, 4 of 5 up, for 1m 0s (development)',
      '   SERVICE  STATE      PID  PORTS         FOR  RESTARTS',
      '✓  db       ready      123  5432       59.2 s         0',
      '✓  migrate  completed                  59.0 s         0',
      '✓  api      ready      123  http 3001  58.0 s         0  on port 3001 instead of 3000  http://127.0.0.1:3001',
      '✓  web      ready      123             58.0 s         0',
      '↻  mail     backoff                     1.0 s         3  next try in 4.2 s (3/5): exited with code 1 before it was ready',
    ]);
  });

  it('shows where to find what speaks HTTP, and its label, when nothing else is to be said', () => {
    const there = { ...running, api: inState(ready({ since: 2_000 }), { ports: [{ name: 'http', port: 3000 }] }) };
    expect(renderStatus(aSnapshot(services, there), look)[4]).to.match(/ {2}http:\/\/127\.0\.0\.1:3000 {2}The API$/);
  });

  it('does not show the ports of what does not run', () => {
    const gone = inState({ kind: 'stopped', since: 2_000, reason: { kind: 'user' }, killedAfter: null }, running.db);
    const stopped = { ...gone, ports: running.db.ports };
    expect(renderStatus(aSnapshot(services, { ...running, db: stopped }), look)[2]).not.to.contain('5432');
  });

  it('has one word for the whole', () => {
    const word = (records: Parameters<typeof aSnapshot>[1]): string => tellStack(aSnapshot(services.slice(0, 1), records))[0];
    const stopped = inState({ kind: 'stopped', since: 0, reason: { kind: 'user' }, killedAfter: null });
    expect(word({ db: running.db })).to.equal('up');
    expect(word({ db: inState(starting()) })).to.equal('starting');
    expect(word({ db: inState(stopping()) })).to.equal('stopping');
    const again = aSnapshot(services.slice(0, 1), {
      db: inState(starting(), { restarts: { times: [0], streak: 1, sinceReady: 1 } }),
    });
    expect(tellStack({ ...again, booting: false })[0]).to.equal('restarting');
    expect(tellStack({ ...again, booting: true })[0]).to.equal('starting');
    expect(word({ db: stopped })).to.equal('stopped');
    expect(word({ db: inState({ kind: 'failed', since: 0, failure: crashed, restarts: 0, breakerOpen: false }) })).to.equal(
      'failed',
    );
    expect(tellStack(aSnapshot([aService('a'), aService('b')], { a: running.db, b: stopped }))[0]).to.equal('up');
  });

  it('is stopped when all of it was, whatever task was done before', () => {
    const stopped = inState({ kind: 'stopped', since: 0, reason: { kind: 'user' }, killedAfter: null });
    const three = [aService('migrate', { type: 'task' }), aService('db'), aService('api')];
    const records = { migrate: running.migrate, db: stopped, api: stopped };
    expect(renderStatus(aSnapshot(three, records), look)[0]).to.match(/^test: stopped, 1 of 3 up/);
    expect(tellStack(aSnapshot(three.slice(0, 1), records))[0]).to.equal('up');
  });

  it('of some of its services, the word is that of the whole, and the count says whose it is', () => {
    const stopped = inState({ kind: 'stopped', since: 0, reason: { kind: 'user' }, killedAfter: null });
    const snapshot = aSnapshot([aService('db'), aService('api')], { db: running.db, api: stopped });
    const [head] = renderStatus(choose(snapshot, ['api']), { ...look, whole: snapshot.services });
    expect(head).to.equal('test: up, of those below 0 of 1 up, for 1m 0s (development)');
  });

  it('on a narrow terminal what there is to say about a service stands below it, whole', () => {
    const services = [aService('db'), aService('mail', { optional: true })];
    const snapshot = aSnapshot(services, { db: inState(ready()) });
    const mail = { state: 'failed', optional: true, reason: 'it said that the quota is used up until tomorrow' } as const;
    const narrow = renderStatus(
      { ...snapshot, services: snapshot.services.map((one) => (one.name === 'mail' ? { ...one, ...mail } : one)) },
      { ...look, width: 50 },
    );
    for (const line of narrow) expect(displayWidth(line)).to.be.at.most(50);
    expect(narrow.join(' ').replaceAll(/ +/g, ' ')).to.include('the quota is used up until tomorrow');
    expect(narrow[narrow.findIndex((line) => / mail /.test(line)) + 1]).to.match(/^ {3}optional; it said/);
  });

  for (const width of [80, 120, 200]) {
    it(`--watch uses all of a terminal of ${width} columns, and cuts no reason while there are lines to put it on`, () => {
      const reason = 'it said that the quota is used up until tomorrow, that nobody may ask before that, and whom to write to';
      const snapshot = aSnapshot([aService('db'), aService('mail')], { db: inState(ready()) });
      const services = snapshot.services.map((one) => (one.name === 'mail' ? { ...one, state: 'failed' as const, reason } : one));
      const show = (height: number): string[] => renderStatus({ ...snapshot, services }, { ...look, width, height });
      const tall = show(23);
      for (const line of tall) expect(displayWidth(line)).to.be.at.most(width);
      expect(tall.join(' ').replaceAll(/ +/g, ' ')).to.include(reason);
      // One line a service, as wide as there is, where there are no more lines than that.
      expect(show(4)).to.have.length(4);
      expect(displayWidth(show(4).at(-1) ?? '')).to.equal(Math.min(width, show(4).at(-1)?.length ?? 0));
      expect(show(4).at(-1)?.length).to.be.greaterThan(Math.min(width, 130) - 1);
    });
  }

  it('stays within the terminal: lines are cut to its width, and to its height with how many more there are', () => {
    const lines = renderStatus(aSnapshot(services, running), { ...look, width: 40, height: 5 });
    expect(lines).to.have.length(5);
    for (const line of lines) expect([...line].length).to.be.at.most(40);
    expect(lines.at(-1)).to.equal('… and 3 more');
  });

  it('S2: what a service or a probe said cannot reach the terminal as a command', () => {
    const evil = { ...running, mail: inState(ready({ failures: 1, lastProbe: '\x1b]0;owned\x07\x9b2J\u202egnp' })) };
    const text = renderStatus(aSnapshot(services, evil), { ...look, colour: true }).join('\n');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are ours.
    expect(text.replaceAll(/\x1b\[\d*m/g, '')).not.to.match(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
  });

  it('has ASCII letters where the terminal has no others, and no table for no services', () => {
    expect(renderStatus(aSnapshot(services, running), { ...look, unicode: false }).join('\n')).to.match(/^[ -~\n]*$/);
    for (const width of [30, 60])
      expect(renderStatus(aSnapshot(services, running), { ...look, unicode: false, width }).join('\n')).to.match(/^[ -~\n]*$/);
    expect(renderStatus(aSnapshot([], {}), look)).to.deep.equal(['test: up, no services, for 1m 0s (development)']);
  });

  it('as data: whole milliseconds, causes without what they hold inside', () => {
    const failed = inState({ kind: 'failed', since: 0.4, failure: crashed, restarts: 0, breakerOpen: false });
    const data = toStatusData(aSnapshot(services.slice(0, 1), { db: failed }, 10.6));
    expect(data).to.deep.include({
      running: true,
      name: 'test',
      elapsed: 11,
      settled: true,
      verdict: 'failed',
      causes: [{ service: 'db', state: 'failed', optional: false, skipped: [] }],
    });
    expect(data).to.have.nested.property('services[0].for', 10);
  });
});

describe('muster status', () => {
  it('says that nothing runs and what starts it, whatever services.yaml looks like', async () => {
    const project = createProject({ 'services.yaml': 'services: [broken' });
    const nobody = 'nothing is running here; "muster up" starts it\n';
    expect(await muster(project, 'status')).to.deep.equal({ code: 0, signal: null, stdout: nobody, stderr: '' });
    expect(JSON.parse((await muster(project, 'status', '--json')).stdout)).to.deep.equal({ running: false });
  });

  it('down too: where there is no file at all, that is said as well, and is no success: the stack that is meant runs elsewhere', async () => {
    const project = createProject({ 'below/other.txt': '' });
    for (const command of ['status', 'down']) {
      const { code, stdout, stderr } = await runMuster([command], { cwd: project.path('below') });
      expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' });
      expect(stderr).to.equal(
        `muster ${command}: nothing is running here, and there is no services.yaml here, or above in the same repository; is this the folder that you mean? "muster ls" shows what runs\n`,
      );
    }
    expect((await muster(project, 'status', '-f', 'my.yaml')).stderr).to.include('and there is no file my.yaml; is this');
  });

  it('says so where there is no such folder', async () => {
    const { code, stderr } = await muster(createProject(), 'status', '-f', 'nowhere/services.yaml');
    expect({ code, stderr }).to.deep.include({ code: 2 });
    expect(stderr).to.match(/^muster status: there is no folder .*nowhere\n$/);
  });

  // db ─► api
  it('shows what really runs: states, pids and ports, also from a folder below, and when services.yaml is broken by now', async () => {
    const port = await freePort();
    const up = await bootStack({
      db: { command: ['node', '-e', `require('net').createServer().listen(${port}, '127.0.0.1')`], port },
      api: { command: 'sleep 600', depends_on: ['db'] },
    });
    const { project } = up;
    const [db, api] = await Promise.all(['db', 'api'].map((name) => up.event('serviceReady', name)));
    project.write('services.yaml', 'services: [broken');
    project.write('below/file', '');
    const { code, stdout, stderr } = await muster(project, 'status');
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    const [head, , first, second, ...rest] = stdout.trimEnd().split('\n');
    expect(head).to.match(/^project: up, 2 of 2 up, for \S+ m?s \(development\)$/);
    expect(first).to.match(new RegExp(`^✓ +db +ready +${db?.pid} +${port} +\\S+ m?s +0$`));
    expect(second).to.match(new RegExp(`^✓ +api +ready +${api?.pid} +\\S+ m?s +0$`));
    expect(rest).to.have.length(1);
    expect(rest[0]).to.match(/^its file has a mistake by now, and what runs stays as it is: .*services\.yaml:1:11/);

    const below = await runMuster(['status', 'api', '--json', '-f', '../services.yaml'], { cwd: project.path('below') });
    const data = JSON.parse(below.stdout) as { running: boolean; services: Record<string, unknown>[] };
    expect(data.services).to.have.length(1);
    expect(data).to.deep.include({ running: true, name: 'project', verdict: 'up', root: project.folder });
    expect(data.services[0]).to.deep.include({ name: 'api', state: 'ready', pid: api?.pid, ports: [] });

    const wrong = await muster(project, 'status', 'ap');
    expect(wrong).to.include({ code: 2, stderr: 'muster: unknown service "ap"; did you mean "api"?\n' });
    await up.stop();
  });

  it('does not say that nothing runs when the supervisor was killed: its services may', async () => {
    const up = await bootStack({ api: { command: 'sleep 600' }, db: { command: 'sleep 600', restart: 'no' } });
    const [api, db] = ['api', 'db'].map((name) => memoryOf(up.project).running[name]?.process);
    up.muster.signal('SIGKILL');
    await up.muster.done;
    killNine(db);
    await until('db has ended', () => !isLiving(Number(db?.pid)));
    const { code, stdout } = await muster(up.project, 'status');
    expect(code).to.equal(0);
    const [head, , first, second, next] = stdout.split('\n');
    expect(head).to.match(/^the supervisor of this stack did not end in order, and services may still run; "muster up" /);
    expect(first, 'what it has left is listed').to.match(new RegExp(`^✓ +api +ready +${api?.pid} +still runs$`));
    expect(second).to.match(new RegExp(`^– +db +ready +${db?.pid} +gone$`));
    expect(next).to.equal('"muster down" ends what is left');
    const left = [
      { name: 'api', was: 'ready', pid: api?.pid, ports: [], alive: true },
      { name: 'db', was: 'ready', pid: db?.pid, ports: [], alive: false },
    ];
    const { services, ...data } = JSON.parse((await muster(up.project, 'status', '--json')).stdout) as {
      services?: unknown;
      left: unknown;
    };
    expect({ services, ...data }).to.deep.equal({ services: undefined, running: false, stale: true, left });
    const one = JSON.parse((await muster(up.project, 'status', 'db', '--json')).stdout) as { left: unknown };
    expect(one.left).to.deep.equal([left[1]]);
    expect((await muster(up.project, 'status', 'db')).stdout).to.match(/ gone\n$/);
    const down = await muster(up.project, 'down');
    expect([down.code, down.stdout]).to.deep.equal([0, 'the supervisor was killed; ended what it had left: api\n']);
    expect(JSON.parse((await muster(up.project, 'status', '--json')).stdout)).to.deep.equal({ running: false });
  });

  it('D1: shows the countdown of a crash loop', async () => {
    const up = startStack({
      api: { command: "sh -c 'exit 7'", optional: true, restart: { delay: '1h', max_delay: '1h' } },
      db: { command: 'sleep 600' },
    });
    await up.event('serviceRestarting', 'api');
    const { stdout } = await muster(up.project, 'status');
    expect(stdout).to.match(/^↻ +api +backoff .* next try in (\d+m \d+s|1h 0m) \(1\/5\): exited with code 7/m);
    await up.stop();
  });

  it('--watch, too, ends with what the stack does not have', async () => {
    const up = await bootStack({ api: { command: 'sleep 600' } });
    for (const flags of [[], ['--json']]) {
      const { code, stdout, stderr } = await muster(up.project, 'status', '--watch', ...flags, 'NOPE');
      expect(code).to.equal(2);
      expect(stdout + stderr).to.match(/NOPE/);
    }
  });

  it('--watch goes on over the end of the stack, until it is interrupted', async () => {
    const up = await bootStack({ api: { command: 'sleep 600' } });
    const watching = startMuster(['status', '--watch', '--json'], { cwd: up.project.folder });
    const first = JSON.parse(await watching.waitForLine(/"running":true/)) as { services: { state: string }[] };
    expect(first.services[0]?.state).to.equal('ready');
    await up.stop();
    await watching.waitForLine(/^{"running":false/);
    watching.signal('SIGINT');
    expect((await watching.done).code).to.equal(130);
  });

  it('--watch draws in place in a terminal, and leaves it as it was', async function () {
    if (!hasTerminals()) this.skip();
    const up = await bootStack({ api: { command: 'sleep 600' } });
    const terminal = await openTerminal(up.project, ['status', '--watch']);
    await terminal.shows(/ api +ready/);
    terminal.type('\x03');
    expect(await terminal.exited).to.equal(130);
    await up.stop();
  });
});
