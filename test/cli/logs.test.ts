import { appendFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { createLineTeller, type LogFormat } from '../../lib/interfaces/cli/render/log-lines.ts';
import { readIndex } from '../../lib/runtime/logs/arrival-index.ts';
import { createProject, type Project, type RunResult, runMuster, startMuster } from '../support/cli.ts';
import { musterLine, startShell } from '../support/outsiders.ts';
import { until } from '../support/procs.ts';
import { bootStack } from '../support/stack-rig.ts';

const line = { service: 'api', stream: 'stdout', at: 0, text: 'hello' } as const;
const evil = '\x1b]0;owned\x07\x1b[31mred\x1b[0m\x9b2J\u202e';

const teller = (format: LogFormat, names: readonly string[], colour = false) =>
  createLineTeller({ format, names, colour, unicode: true });

describe('a line of a log', () => {
  it('has the name of its service before it where there are several', () => {
    expect(teller('people', ['api', 'worker'])(line)).to.equal('api    │ hello');
    expect(teller('people', ['api'])(line)).to.equal('hello');
  });

  it('S2: keeps colours only, on a terminal that has them; --raw keeps all of it', () => {
    expect(teller('people', ['api'])({ ...line, text: evil })).to.equal('red\\u202e');
    expect(teller('people', ['api'], true)({ ...line, text: evil })).to.equal('\x1b[31mred\x1b[0m\\u202e');
    expect(teller('raw', ['api', 'worker'])({ ...line, text: evil })).to.equal(evil);
  });

  it('as data: when it came where that is known, and nothing that a terminal would act on', () => {
    expect(JSON.parse(teller('json', ['api'])(line))).to.deep.equal({
      at: '1970-01-01T00:00:00.000Z',
      service: 'api',
      stream: 'stdout',
      text: 'hello',
    });
    const text = teller('json', ['api'])({ ...line, at: null, text: evil });
    expect(text).to.match(/^[ -~]*$/);
    expect(JSON.parse(text)).to.deep.include({ at: null, text: evil });
  });
});

const stack = 'services:\n  api: { command: sleep 1 }\n  db: { command: sleep 1, log: { split: true } }\n';

const logs = ({ folder }: Project, ...args: readonly string[]): Promise<RunResult> =>
  runMuster(['logs', ...args], { cwd: folder });

const numbers = (count: number): string => Array.from({ length: count }, (_, index) => `line ${index + 1}\n`).join('');

type Data = { readonly at: string | null; readonly service: string; readonly stream: string; readonly text: string };

const toData = (stdout: string): Data[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Data);

describe('muster logs', () => {
  it('works when nothing runs: the last 50 lines of each service, the one that wrote last at the end', async () => {
    const project = createProject({
      'services.yaml': stack,
      'logs/api.log': numbers(60),
      'logs/db.log': 'ready\n',
      'logs/db.err.log': 'careful\n',
    });
    utimesSync(project.path('logs', 'api.log'), 1_000, 2_000);
    const { code, stdout, stderr } = await logs(project);
    const lines = stdout.trimEnd().split('\n');
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(lines).to.have.length(52);
    expect([lines[0], ...lines.slice(-3)]).to.deep.equal(['api │ line 11', 'api │ line 60', 'db  │ ready', 'db  │ careful']);
    expect((await logs(project, 'api', '--tail', '2')).stdout).to.equal('line 59\nline 60\n');
    expect((await logs(project, 'api', '-n', 'all')).stdout.split('\n')).to.have.length(61);
    expect((await logs(project, 'api', '--tail=0')).stdout).to.equal('');
    expect(
      (await logs(project, 'db', '--json')).stdout
        .trimEnd()
        .split('\n')
        .map((text) => JSON.parse(text) as unknown),
    ).to.deep.equal([
      { at: null, service: 'db', stream: 'stdout', text: 'ready' },
      { at: null, service: 'db', stream: 'stderr', text: 'careful' },
    ]);
  });

  it('-n counts the lines of a service, also where stderr has a file of its own: the last of both together', async () => {
    const both = `for n in 1 2 3; do
      until [ -e out-$$n ]; do sleep 0.01; done; echo "out $$n"
      until [ -e err-$$n ]; do sleep 0.01; done; echo "err $$n" >&2
    done; exec sleep 600`;
    const up = await bootStack({ db: { command: ['sh', '-c', both], log: { split: true } }, api: { command: 'sleep 600' } });
    const print = async (stream: 'out' | 'err', number: number): Promise<void> => {
      writeFileSync(up.project.path(`${stream}-${number}`), '');
      await until(`${stream} ${number}`, () => {
        const index = readIndex(up.project.path('logs', stream === 'out' ? 'db.log' : 'db.err.log'));
        return index !== null && index.arrivals.at(-1)?.place === index.header.base + number * 6;
      });
    };
    for (const number of [1, 2, 3]) {
      await print('out', number);
      await print('err', number);
    }
    const read = async (...args: readonly string[]): Promise<string[]> =>
      toData((await logs(up.project, '--json', ...args)).stdout).map(({ text }) => text);
    const last = ['err 2', 'out 3', 'err 3'];
    expect(await read('-n', '3')).to.deep.equal(last);
    expect((await logs(up.project, 'db', '-n', '3')).stdout.trimEnd().split('\n')).to.deep.equal(last);
    expect(await read('-n', '2', '--grep', 'out')).to.deep.equal(['out 2', 'out 3']);
    expect(await read('-n', '50')).to.have.length(6);
    await up.stop();
    expect(await read('-n', '3')).to.deep.equal(last);
  });

  it('--grep finds the last lines that match, whatever their colours; --since leaves out who was silent', async () => {
    const project = createProject({
      'services.yaml': stack,
      'logs/api.log': `\x1b[31mERROR\x1b[0m one\n${numbers(100)}ERROR two\n`,
      'logs/db.log': 'ERROR three\n',
    });
    utimesSync(project.path('logs', 'db.log'), 1_000, 2_000);
    expect((await logs(project, '--grep', 'ERROR t?')).stdout).to.equal('db  │ ERROR three\napi │ ERROR one\napi │ ERROR two\n');
    const recent = await logs(project, '--since', '10m', '--tail', '1');
    expect(recent.stdout).to.equal('api │ ERROR two\n');
    expect(recent.stderr).to.match(/^muster: when some of these lines came is not recorded; [^\n]+10m\n$/);
  });

  it('puts the lines of several services in the order in which they came, also when nothing runs any more', async () => {
    const says = (name: string): string[] => [
      'sh',
      '-c',
      `for n in 1 2; do until [ -e ${name}-$$n ]; do sleep 0.01; done; echo "${name} $$n"; done; exec sleep 600`,
    ];
    const up = await bootStack({ a: { command: says('a'), log: { split: true } }, b: { command: says('b') } });
    /** Has a service print its next line, and waits until it is written down when it came. */
    const print = async (name: string, number: number): Promise<void> => {
      writeFileSync(up.project.path(`${name}-${number}`), '');
      await until(`${name} ${number}`, () => {
        const index = readIndex(up.project.path('logs', `${name}.log`));
        return index !== null && index.arrivals.at(-1)?.place === index.header.base + number * 4;
      });
    };
    await print('a', 1);
    await print('b', 1);
    const between = Date.now();
    await print('a', 2);
    await print('b', 2);
    const read = async (): Promise<Data[]> => toData((await logs(up.project, '--json')).stdout);
    const lines = await read();
    expect(lines.map(({ text }) => text)).to.deep.equal(['a 1', 'b 1', 'a 2', 'b 2']);
    for (const { at } of lines) expect(at).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect((await logs(up.project, '--since', `${Date.now() - between}ms`)).stderr).to.equal('');
    expect((await logs(up.project, '--since', '1ms')).stdout).to.equal('');
    expect((await logs(up.project, '--since', '1h')).stdout).to.equal('a │ a 1\nb │ b 1\na │ a 2\nb │ b 2\n');
    expect((await logs(up.project, '--tail', '1')).stdout).to.equal('a │ a 2\nb │ b 2\n');
    expect((await logs(up.project, '--grep', '1')).stdout).to.equal('a │ a 1\nb │ b 1\n');
    await up.stop();
    expect(await read()).to.deep.equal(lines);
    expect(statSync(up.project.path('logs', 'a.log.times')).mode & 0o777).to.equal(0o600);
  });

  it('from a folder below, says once which file it uses', async () => {
    const project = createProject({ 'services.yaml': stack, '.git/HEAD': '', 'below/x': '', 'logs/api.log': 'one\n' });
    const note = 'muster: using ../services.yaml\n';
    const below = { cwd: project.path('below') };
    expect(await runMuster(['logs', 'api'], below)).to.include({ code: 0, stdout: 'one\n', stderr: note });
  });

  it('finds the log of a service that does not take part in this run', async () => {
    const up = await bootStack(
      { api: { command: 'sleep 600' }, debug: { command: 'sleep 600', profiles: ['debug'] } },
      { files: { 'logs/debug.log': 'of yesterday\n' } },
    );
    expect(await logs(up.project, 'debug')).to.include({ code: 0, stdout: 'of yesterday\n', stderr: '' });
    expect((await logs(up.project, 'dbug')).stderr).to.equal('muster: unknown service "dbug"; did you mean "debug"?\n');
    await up.stop();
  });

  const mistakes: readonly (readonly [args: readonly string[], message: string])[] = [
    [['--tail', 'x'], 'muster: option "--tail" does not take "x"; write a number of lines, or all'],
    [['--since', '10'], 'muster: --since: duration "10" has no unit; write 10s or 10ms'],
    [['--grep', '('], 'muster: --grep: invalid regular expression: missing ")"; escape the bracket: \'\\(\''],
    [['dbb'], 'muster: unknown service "dbb"; did you mean "db"?'],
    [['nope'], 'muster: unknown service "nope"; there are api, db'],
  ];
  for (const [args, message] of mistakes) {
    it(`logs ${args.join(' ')}: exit 2 and a way out`, async () => {
      const project = createProject({ 'services.yaml': stack });
      expect(await logs(project, ...args)).to.deep.equal({ code: 2, signal: null, stdout: '', stderr: `${message}\n` });
    });
  }

  it('--raw and --json exclude each other, and that is said as JSON, too', async () => {
    const { code, stdout, stderr } = await logs(createProject({ 'services.yaml': stack }), '--raw', '--json');
    const reason = '--raw and --json exclude each other; choose one';
    expect([code, stderr]).to.deep.equal([2, `muster: ${reason}\n`]);
    expect(JSON.parse(stdout)).to.deep.equal({ ok: false, refusal: { kind: 'refused', reason } });
  });

  it('S2: control sequences of services reach neither a pipe nor a file, except with --raw', async () => {
    const project = createProject({ 'services.yaml': stack, 'logs/api.log': `${evil}\n` });
    expect((await logs(project, 'api')).stdout).to.equal('red\\u202e\n');
    expect((await logs(project, 'api', '--raw')).stdout).to.equal(`${evil}\n`);
  });

  it('ends normally when nobody reads on: logs | head -1, also with -f', async () => {
    const project = createProject({ 'services.yaml': stack, 'logs/api.log': numbers(200_000) });
    const shell = startShell(project, `{ ${musterLine()} logs --tail all; echo "code $?" >&2; } | head -n 1`);
    expect(await shell.exited).to.equal(0);
    expect(shell.stdout()).to.equal('api │ line 1\n');
    expect(shell.stderr()).to.equal('code 0\n');

    const following = startShell(project, `{ ${musterLine()} logs api -f -n 3; echo "code $?" >&2; } | head -n 1`);
    const grow = setInterval(() => appendFileSync(project.path('logs', 'api.log'), 'more\n'), 20);
    const code = await following.exited.finally(() => clearInterval(grow));
    expect(code).to.equal(0);
    expect(following.stdout()).to.match(/^[^\n]+\n$/);
    expect(following.stderr()).to.match(/code 0\n$/);
  });

  it('-f goes on with what comes, without a gap and without a line twice, also a line that was half there', async () => {
    const project = createProject({ 'services.yaml': stack, 'logs/api.log': 'one\ntw' });
    const following = startMuster(['logs', 'api', '-f'], { cwd: project.folder });
    await following.waitForLine(/^one$/);
    await following.waitForLine(/this shows what comes/);
    appendFileSync(project.path('logs', 'api.log'), 'o\nthree\n');
    await following.waitForLine(/^three$/);
    following.signal('SIGINT');
    const { code, stdout } = await following.done;
    expect({ code, stdout }).to.deep.equal({ code: 130, stdout: 'one\ntwo\nthree\n' });
  });

  it('-f across a restart, with several services as they come; it ends with the stack', async () => {
    const up = await bootStack({
      api: { command: ['sh', '-c', 'echo "api $$$$ is up"; exec sleep 600'] },
      db: { command: ['sh', '-c', 'echo "db is up"; exec sleep 600'] },
    });
    const following = startMuster(['logs', '--follow'], { cwd: up.project.folder });
    await following.waitForLine(/^db {2}│ db is up$/);
    const first = await following.waitForLine(/^api │ api \d+ is up$/);
    expect((await runMuster(['restart', 'api'], { cwd: up.project.folder })).code).to.equal(0);
    const second = (await up.event('serviceReady', 'api', ({ attempt }) => attempt === 2)).pid;
    expect(await following.waitForLine(new RegExp(`^api │ api ${second} is up$`))).not.to.equal(first);
    expect((await runMuster(['down'], { cwd: up.project.folder })).code).to.equal(0);
    const { code, stdout } = await following.done;
    expect(code).to.equal(0);
    expect(stdout.match(/api \d+ is up/g)).to.have.length(2);
    await up.ended();
  });

  it('-f goes on with the services that a further up adds', async () => {
    const says = (name: string): Readonly<Record<string, unknown>> => ({
      command: ['sh', '-c', `echo "${name} is here"; exec sleep 600`],
    });
    const up = await bootStack({ api: says('api') });
    const following = startMuster(['logs', '-f'], { cwd: up.project.folder });
    const named = startMuster(['logs', '-f', 'api'], { cwd: up.project.folder });
    await following.waitForLine(/^api is here$/);
    await named.waitForLine(/^api is here$/);
    writeFileSync(up.project.path('services.yaml'), JSON.stringify({ services: { api: says('api'), worker: says('worker') } }));
    expect((await runMuster(['up', '-d'], { cwd: up.project.folder })).code).to.equal(0);
    await following.waitForLine(/^worker │ worker is here$/);
    expect((await runMuster(['down'], { cwd: up.project.folder })).code).to.equal(0);
    expect((await following.done).stdout).to.equal('api is here\nworker │ worker is here\n');
    expect((await named.done).stdout).to.equal('api is here\n');
    await up.ended();
  });
});
