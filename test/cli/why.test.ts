import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { expect } from 'chai';
import type { StateKind } from '../../lib/domain/state.ts';
import { renderWhy, toNext } from '../../lib/interfaces/cli/render/why.ts';
import type { Why } from '../../lib/interfaces/control.ts';
import { createProject, type RunResult, runMuster } from '../support/cli.ts';
import { bootStack, startStack, toYaml, type Up } from '../support/stack-rig.ts';

const look = { colour: false, unicode: true, width: null, logFile: 'logs/db.log', next: 'muster logs db' };

// web ─► api ─► db
const chain: Why = {
  service: 'web',
  steps: [
    { service: 'web', state: 'waiting', because: 'waits for api' },
    { service: 'api', state: 'waiting', because: 'waits for db' },
    { service: 'db', state: 'backoff', because: 'exited with code 1; next try in 4.2 s (3/5)' },
  ],
  logLines: ['no space left on device'],
  logFile: '/p/logs/db.log',
};

describe('the chain of causes', () => {
  it('web ─► api ─► db: one step a line down to the root, what the root said last, the next command', () => {
    expect(renderWhy(chain, look)).to.deep.equal([
      '◌ web waits for api',
      '  ◌ api waits for db',
      '    ↻ db exited with code 1; next try in 4.2 s (3/5)',
      '  last lines of logs/db.log:',
      '  │ no space left on device',
      'next: muster logs db',
    ]);
  });

  it('is cut to the width, but never the command to type', () => {
    const lines = renderWhy(chain, { ...look, width: 12, unicode: false });
    for (const line of lines.slice(0, -1)) expect(line.length).to.be.at.most(12);
    expect(lines.join('')).to.match(/^[ -~]*$/);
    expect(lines.at(-1)).to.equal('next: muster logs db');
  });

  // exits ─► web ◄─ migrate
  it('several roots: a chain to each, what each said last, and the next command', () => {
    const why: Why = {
      service: 'web',
      steps: [
        { service: 'web', state: 'skipped', because: 'was not started, because it needs exits, migrate' },
        { service: 'exits', state: 'failed', because: 'exited with code 1' },
        { service: 'migrate', state: 'failed', because: 'exited with code 2', depth: 1 },
      ],
      logLines: ['no table'],
      logFile: '/p/logs/migrate.log',
      others: [{ service: 'exits', logLines: ['no disk'], logFile: '/p/logs/exits.log' }],
    };
    const toFile = (file: string): string => file.slice('/p/'.length);
    expect(renderWhy(why, { ...look, logFile: 'logs/migrate.log', toFile, next: null })).to.deep.equal([
      '– web was not started, because it needs exits, migrate',
      '  ✗ exits exited with code 1',
      '  ✗ migrate exited with code 2',
      '  last lines of logs/exits.log:',
      '  │ no disk',
      '  last lines of logs/migrate.log:',
      '  │ no table',
    ]);
  });

  it('a step and a line of output that are too long go on in the next row', () => {
    const logLines = ['Error: relation public.users does not exist (SQLSTATE 42P01)'];
    const steps = [{ service: 'db', state: 'failed', because: 'exited with code 1 before it was ready' }] as const;
    expect(renderWhy({ ...chain, steps, logLines }, { ...look, width: 40 })).to.deep.equal([
      '✗ db exited with code 1 before it was',
      '  ready',
      '  last lines of logs/db.log:',
      '  │ Error: relation public.users does',
      '  │ not exist (SQLSTATE 42P01)',
      'next: muster logs db',
    ]);
  });

  it('S2: neither reasons nor log lines reach the terminal as commands', () => {
    const evil = '\x1b[2J\x1b]52;c;aGk=\x07x\x9b1A';
    const steps = [{ service: 'db', state: 'failed', because: evil }] as const;
    const text = renderWhy({ ...chain, steps, logLines: [evil] }, { ...look, colour: true }).join('\n');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are ours.
    expect(text.replaceAll(/\x1b\[\d*m/g, '')).not.to.match(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
  });

  const next = (state: StateKind, logLines: readonly string[] = ['x']): string | null =>
    toNext({ ...chain, logLines, steps: [{ service: 'db', state, because: '' }] }, advice);
  const advice = { causes: [], logFile: 'logs/db.log', toCommand: (words: readonly string[]) => words.join(' ') };

  it('proposes what helps with the root', () => {
    expect(next('failed')).to.equal('logs db');
    expect(next('failed', [])).to.equal('start db');
    expect(next('stopped')).to.equal('start db');
    expect(next('starting')).to.equal('logs db --follow');
    expect(next('stopping')).to.equal('status --watch');
    expect(next('ready')).to.equal(null);
    const late = [{ service: 'db', state: 'backoff', because: 'was not ready within 1.0 s', late: true }] as const;
    expect(toNext({ ...chain, logLines: [], steps: late }, advice)).to.match(
      /^raise the health_timeout of db, or run its command by hand \(.*\); then up$/,
    );
    expect(toNext({ ...chain, steps: late }, advice)).to.equal('logs db --tail 50, then up');
    const steps = [{ ...late[0], refused: { asks: 'health', said: '404 Not Found' } }] as const;
    expect(toNext({ ...chain, steps }, advice)).to.equal('correct the health_url of db: it answers 404 Not Found there; then up');
    const looping = [{ service: 'db', state: 'ready', because: 'restarted 5 times', restarts: 5 }] as const;
    expect(toNext({ ...chain, steps: looping }, advice)).to.equal('logs db');
  });
});

const why = (up: Up, ...args: readonly string[]): Promise<RunResult> => runMuster(['why', ...args], { cwd: up.project.folder });

const sleeps = { command: 'sleep 600' };

describe('muster why', () => {
  it('says so when nothing runs', async () => {
    const { folder } = createProject({ 'services.yaml': 'services:\n  api: { command: sleep 1 }\n' });
    const nobody = 'nothing is running here; "muster up" starts it\n';
    expect(await runMuster(['why', 'api'], { cwd: folder })).to.include({ code: 0, stdout: nobody, stderr: '' });
    expect((await runMuster(['why'], { cwd: folder })).code).to.equal(2);
  });

  it('after a boot that failed and ended: why, status and doctor say what failed, and where its log is', async () => {
    const failing = { command: ['sh', '-c', 'echo no disk $API_TOKEN; exit 3'], restart: 'no', startup_delay: '30s' };
    const { folder } = createProject({
      'services.yaml': toYaml({
        api: { ...failing, env: { API_TOKEN: 'hunter2-hunter2' } },
        db: sleeps,
        web: { ...sleeps, depends_on: ['api'] },
      }),
    });
    const muster = (...args: readonly string[]): Promise<RunResult> => runMuster(args, { cwd: folder });
    const boot = await muster('up');
    expect(boot.code).to.equal(1);
    // Nobody has pressed Ctrl-C.
    expect(boot.stdout).to.match(/\nstopping in order\n/);
    const told =
      /^nothing is running here; "muster up" starts it\nthe last boot, at \S.*, failed: api exited with code 3 before it was ready/;
    const why = await muster('why', 'web');
    expect(why.code).to.equal(0);
    expect(why.stdout).to.match(told);
    expect(why.stdout.split('\n').slice(2)).to.deep.equal([
      '– web was not started, because it needs api',
      '  ✗ api exited with code 3 before it was ready',
      '  last lines of logs/api.log:',
      '  │ no disk ***',
      'next: muster logs api --tail 50, then muster up',
      '',
    ]);
    expect(JSON.parse((await muster('why', 'api', '--json')).stdout)).to.deep.include({
      running: false,
      service: 'api',
      logLines: ['no disk ***'],
      next: 'muster logs api --tail 50, then muster up',
    });
    // What came up has nothing to explain.
    expect((await muster('why', 'db')).stdout)
      .to.match(told)
      .and.to.match(/; its log: logs\/api\.log\n$/);
    const status = await muster('status');
    expect(status.code).to.equal(0);
    expect(status.stdout)
      .to.match(told)
      .and.to.match(/; its log: logs\/api\.log\n$/);
    const data = JSON.parse((await muster('status', '--json')).stdout) as { lastBoot: object };
    expect(data.lastBoot).to.deep.include({
      outcome: 'failed',
      failed: [{ name: 'api', reason: 'exited with code 3 before it was ready' }],
      log: 'logs/api.log',
    });
    const doctor = await muster('doctor');
    expect(doctor.stdout).to.match(/! the last boot, at .* failed: api exited with code 3.*\n {2}mend: muster logs api\n/);
    expect(doctor.code).to.equal(0);
  });

  it('after a boot whose failed service has printed nothing, nobody is sent to an empty log', async () => {
    const { folder } = createProject({
      'services.yaml': toYaml({ api: { command: ['false'], restart: 'no', startup_delay: '30s' } }),
    });
    expect((await runMuster(['up'], { cwd: folder })).code).to.equal(1);
    expect((await runMuster(['status'], { cwd: folder })).stdout).to.match(/failed: api exited with code 1[^;]*\n$/);
    expect((await runMuster(['doctor'], { cwd: folder })).stdout).to.match(/! the last boot, [^;]*\n {2}mend: muster up\n/);
  });

  it('after a boot whose port was held: what is to be looked at is who holds it, and no log', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      const { folder } = createProject({ 'services.yaml': toYaml({ api: { ...sleeps, port, port_conflict: 'fail' } }) });
      expect((await runMuster(['up'], { cwd: folder })).code).to.equal(3);
      const told = (await runMuster(['why', 'api'], { cwd: folder })).stdout.split('\n').slice(1);
      expect(told[0]).to.match(new RegExp(`failed: api \\(port ${port} was not free\\)$`));
      expect(told.slice(1)).to.deep.equal([
        `✗ api failed: port ${port} was not free`,
        'next: muster doctor shows who holds it; then muster up',
        '',
      ]);
      expect((await runMuster(['status'], { cwd: folder })).stdout).not.to.include('its log');
    } finally {
      server.close();
    }
  });

  // db (its file never comes) ─► api ─► web
  it('waiting: leads to what the dependency itself waits for', async () => {
    const up = startStack({
      db: { ...sleeps, ready: { file: 'never' } },
      api: { ...sleeps, depends_on: ['db'] },
      web: { ...sleeps, depends_on: ['api'] },
    });
    await up.event('serviceStarted', 'db');
    const { code, stdout } = await why(up, 'web');
    expect(code).to.equal(0);
    expect(stdout.split('\n')).to.have.length(5);
    expect(stdout).to.match(/^◌ web waits for api\n {2}◌ api waits for db\n {4}● db spawned, waits for its file to appear/);
    expect(stdout).to.match(/\nnext: muster logs db --follow\n$/);
    await up.stop();
  });

  // db (fails when it is started again) ─► api     other
  it('skipped and failed: lead to the failure and to its last lines; a start by hand mends it', async () => {
    const up = await bootStack({
      db: {
        command: ['sh', '-c', 'test ! -e broken || { echo disk is full; exit 3; }; echo well; exec sleep 600'],
        restart: 'no',
        ready: { log: 'well' },
      },
      api: { ...sleeps, depends_on: ['db'] },
      other: sleeps,
    });
    up.project.write('broken', '');
    await runMuster(['restart'], { cwd: up.project.folder });
    const doctor = (await runMuster(['doctor'], { cwd: up.project.folder })).stdout;
    expect(doctor).to.match(/! db has failed: exited with code 3.*\n {2}mend: muster why db\n/);
    const skipped = (await why(up, 'api')).stdout;
    expect(skipped).to.match(/^– api was not started, because it needs db\n {2}✗ db exited with code 3/);
    expect(skipped).to.match(
      /\n {2}last lines of logs\/db\.log:\n(.*\n)* {2}│ disk is full\nnext: muster logs db --tail 50, then muster up\n$/,
    );
    const data = JSON.parse((await why(up, 'db', '--json')).stdout) as Why & { next: string };
    expect(data.steps.map(({ service, state }) => `${service} ${state}`)).to.deep.equal(['db failed']);
    expect(data).to.deep.include({ running: true, logLines: ['disk is full'], next: 'muster logs db --tail 50, then muster up' });
    rmSync(up.project.path('broken'));
    expect(await runMuster(['start', 'api'], { cwd: up.project.folder })).to.include({ code: 0 });
    await up.stop();
  });

  for (const [what, service] of [
    ['that ends', { command: "sh -c 'echo no; exit 3'", startup_delay: '30s' }],
    ['that is never ready', { ...sleeps, ready: { file: 'never' }, health_timeout: '300ms' }],
  ] as const) {
    it(`one ${what}: says the same next step as the report of the boot`, async () => {
      const services = toYaml({ api: { ...service, restart: 'no' }, db: sleeps });
      const { folder } = createProject({ 'services.yaml': services });
      const boot = await runMuster(['up', '-d'], { cwd: folder });
      const nextOf = (text: string): readonly string[] => text.match(/(?<=next: ).*/g) ?? [];
      const told = nextOf(boot.stdout + boot.stderr);
      expect(told, boot.stdout + boot.stderr).to.have.length(1);
      expect(nextOf((await runMuster(['why', 'api'], { cwd: folder })).stdout)).to.deep.equal(told);
      // What the log has more of is told by why; the rest needs no further command.
      const isPlain = service.command === 'no-such-program-anywhere';
      expect(nextOf((await runMuster(['start', 'api'], { cwd: folder })).stdout)).to.deep.equal(
        isPlain ? told : ['muster why api'],
      );
      await runMuster(['down'], { cwd: folder });
    });
  }

  const elsewhere = ['node', '-e', "require('node:net').createServer().listen(0, '127.0.0.1')"];

  it('one that listens elsewhere, while it is waited for: why and status say where, and the next step is about it', async () => {
    const up = startStack({ api: { command: elsewhere, port: 'auto' } });
    await up.event('notice', undefined, ({ text = '' }) => text.includes('but listens on'));
    const told = (await why(up, 'api')).stdout;
    expect(told).to.match(/; it declares port (\d+), but listens on (\d+)\n/);
    expect(told).to.match(
      /\nnext: declare port \d+ for api, or make it listen on \d+ \(it is told so in PORT\); then muster up\n$/,
    );
    expect((await runMuster(['status'], { cwd: up.project.folder })).stdout).to.match(/declares port \d+, but listens on \d+/);
    await up.stop();
  });

  const next = (text: string): string | undefined => /next: (.*)/.exec(text)?.[1];

  it('one that listens on ::1 alone, as "localhost" may mean: the boot and why say so, and which host to write', async () => {
    const command = ['node', '-e', "require('node:net').createServer().listen(process.env.PORT, '::1')"];
    const services = toYaml({ api: { command, port: 'auto', restart: 'no', health_timeout: '15s' }, db: sleeps });
    const { folder } = createProject({ 'services.yaml': services });
    const boot = (await runMuster(['up', '-d'], { cwd: folder })).stdout;
    expect(next(boot), boot).to.match(
      /^write host: "::1" for api \(it listens on \[::1\]:\d+\), or make it listen on 127\.0\.0\.1; then/,
    );
    const told = (await runMuster(['why', 'api'], { cwd: folder })).stdout;
    expect(told.replaceAll(/\n {2}/g, ' ')).to.match(
      /was not ready within 15\.0 s: .*; it listens on \[::1\]:\d+, not on 127\.0\.0\.1/,
    );
    expect(next(told)).to.equal(next(boot));
    await runMuster(['down'], { cwd: folder });
  });

  it('one that answers 404 where it is asked: the URL is to be corrected, not the time to be raised', async () => {
    const answers = "require('node:http').createServer((_, to) => to.writeHead(404).end()).listen(process.env.PORT, '127.0.0.1')";
    const api = { command: ['node', '-e', answers], port: 'auto', restart: 'no', health_timeout: '15s' };
    const services = toYaml({ api: { ...api, health_url: `http://127.0.0.1:\${api.port}/healthz` }, db: sleeps });
    const { folder } = createProject({ 'services.yaml': services });
    const boot = (await runMuster(['up', '-d'], { cwd: folder })).stdout;
    expect(next(boot), boot).to.equal('correct the health_url of api: it answers 404 Not Found there; then muster up');
    expect(next((await runMuster(['why', 'api'], { cwd: folder })).stdout)).to.equal(next(boot));
    await runMuster(['down'], { cwd: folder });
  });

  it('a task that hangs did not end, and what it runs can be typed as it is told', async () => {
    const slow = { type: 'task', command: "sleep 600 && echo 'done'", health_timeout: '500ms', restart: 'no' };
    const { folder } = createProject({ 'services.yaml': toYaml({ slow, db: sleeps }) });
    const boot = (await runMuster(['up', '-d'], { cwd: folder })).stdout;
    expect(boot).to.match(/slow failed: did not end within 500 ms/);
    expect(next(boot)).to.equal(
      `raise the health_timeout of slow, or run its command by hand (muster exec slow -- sh -c 'sleep 600 && echo '\\''done'\\'''); then muster up`,
    );
    expect(next((await runMuster(['why', 'slow'], { cwd: folder })).stdout)).to.equal(next(boot));
    await runMuster(['down'], { cwd: folder });
  });

  it('a command that holds what is not to be shown is left for whoever knows it', async () => {
    const command = ['node', '-e', 'setInterval(() => {}, 1e3)', 'hunter2-hunter2'];
    const api = { command, ready: { file: 'never' }, health_timeout: '500ms', restart: 'no' };
    const env = { API_TOKEN: 'hunter2-hunter2' };
    const { folder } = createProject({ 'services.yaml': toYaml({ api: { ...api, env }, db: sleeps }) });
    const boot = (await runMuster(['up', '-d'], { cwd: folder })).stdout;
    expect(next(boot)).to.match(/\(muster exec api -- COMMAND\)/);
    const why = (await runMuster(['why', 'api', '--json'], { cwd: folder })).stdout;
    expect(next(boot) + why).not.to.include('hunter2');
    await runMuster(['down'], { cwd: folder });
  });

  it('one that listened elsewhere until its time was over: the boot, why and status say where, and the same next step', async () => {
    const services = toYaml({ api: { command: elsewhere, port: 'auto', restart: 'no', health_timeout: '15s' }, db: sleeps });
    const { folder } = createProject({ 'services.yaml': services });
    const boot = (await runMuster(['up', '-d'], { cwd: folder })).stdout;
    expect(next(boot), boot).to.match(/^declare port \d+ for api, or make it listen on \d+/);
    expect(boot.match(/✗ api failed.*/)?.[0]).to.match(/: was not ready within 15\.0 s$/);
    const told = (await runMuster(['why', 'api'], { cwd: folder })).stdout;
    expect(told).to.match(/was not ready within 15\.0 s: .*; it declares port \d+, but listens on \d+/);
    expect(next(told)).to.equal(next(boot));
    expect((await runMuster(['status'], { cwd: folder })).stdout).to.match(/it declares port \d+, but listens on \d+/);
    await runMuster(['down'], { cwd: folder });
  });

  it('D1: backoff: what failed, and when the next try is', async () => {
    const up = startStack({
      api: { command: "sh -c 'exit 7'", optional: true, restart: { delay: '1h', max_delay: '1h' } },
      db: sleeps,
    });
    await up.event('serviceRestarting', 'api');
    const told = (await why(up, 'api')).stdout;
    expect(told, told).to.match(
      /^↻ api exited with code 7.*; next try in (?:\d+m \d+s|1h 0m) \(1\/5\)\nnext: muster start api\n$/,
    );
    expect((await why(up, 'db')).stdout).to.match(/^✓ db has been ready for [^\n]+\n$/);
    await up.stop();
  });
});
