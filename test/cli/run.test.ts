import { expect } from 'chai';
import { createProject, type Project, type RunResult, runMuster, startMuster } from '../support/cli.ts';
import { musterLine } from '../support/outsiders.ts';
import { isLiving } from '../support/procs.ts';
import { killNine } from '../support/signals.ts';
import { expectNothingLeft, memoryOf, readText } from '../support/stack-rig.ts';
import { hasTerminals, openTerminal } from '../support/terminal.ts';

// web (http) ─► db
const stack = `
services:
  db:
    command: node -e "require('net').createServer().listen(process.env.PORT)"
    port: auto
  web:
    command: node -e "const s = require('http').createServer((q, r) => {console.log('asked'); r.end('hello')}).listen(process.env.PORT)"
    port: auto
    health_url: \${web.url}/
    depends_on: [db]
`;

const broken = `
services:
  db: { command: sleep 1000 }
  web: { command: "sh -c 'echo oops; exit 4'", depends_on: [db], restart: no }
`;

const ask = 'fetch(process.env.WEB_URL).then((r) => r.text()).then((text) => console.log(text, process.env.NODE_ENV))';

describe('muster run', () => {
  let project: Project;

  const muster = (...args: readonly string[]): Promise<RunResult> => runMuster(args, { cwd: project.folder });
  const isRunning = async (): Promise<boolean> => !(await muster('status', '--json')).stdout.includes('"running":false');

  beforeEach(() => {
    project = createProject({ 'services.yaml': stack });
  });

  afterEach(async () => {
    await muster('down');
    await expectNothingLeft(project);
  });

  it('boots, runs the command with the addresses of the services, takes everything down, and has its exit code', async () => {
    const done = await muster('run', '--env', 'test', '--', process.execPath, '-e', `${ask}.then(() => process.exit(7))`);
    expect([done.code, done.stdout]).to.deep.equal([7, 'hello test\n']);
    expect(done.stderr).to.match(/^muster: project is up after [^\n]+\n$/);
    await expectNothingLeft(project);
    expect(await isRunning()).to.equal(false);
  });

  it('a variable that is set already stays as it is; named ports and hosts are there', async () => {
    project.write(
      'services.yaml',
      'services:\n  my-api:\n    command: sleep 1000\n    ports: { http: auto, admin: auto }\n    health: { exec: "true" }\n',
    );
    const line = 'echo "$MY_API_HOST $MY_API_PORT $MY_API_PORT_HTTP $MY_API_PORT_ADMIN"';
    const told = (await muster('run', '--', 'sh', '-c', line)).stdout;
    expect(told).to.match(/^127\.0\.0\.1 (\d+) \1 (?!\1)\d+\n$/);
    const mine = await runMuster(['run', '--', 'sh', '-c', line], { cwd: project.folder, env: { MY_API_HOST: 'db.example' } });
    expect(mine.stdout).to.match(/^db\.example /);
  });

  it('only the named services are booted, with what they need', async () => {
    await muster('run', 'db', '--', 'sh', '-c', 'test -n "$DB_PORT" && test -z "$WEB_PORT" && echo yes > proof');
    expect(readText(project.path('proof'))).to.equal('yes\n');
  });

  it('gives stdin and stdout to the command, whole, and says nothing of the services', async () => {
    const copied = await runMuster(['run', '--', 'cat'], { cwd: project.folder, input: `${'x'.repeat(300_000)}\n` });
    expect(copied.stdout).to.equal(`${'x'.repeat(300_000)}\n`);
    expect(copied.stderr.split('\n')).to.have.length(2);
  });

  it('--logs shows on stderr what they print', async () => {
    const { stdout, stderr } = await muster('run', '--logs', '--', process.execPath, '-e', ask);
    expect(stdout).to.equal('hello development\n');
    expect(stderr)
      .to.match(/web +[│|] asked/)
      .and.to.match(/web starting/);
  });

  it('a boot that fails: the failure screen with the last lines, the code of the boot, and no command', async () => {
    project.write('services.yaml', broken);
    const { code, stdout, stderr } = await muster('run', '--', 'touch', 'ran');
    expect([code, stdout]).to.deep.equal([1, '']);
    expect(stderr).to.match(/web failed: exited with code 4[^]*oops/);
    expect(readText(project.path('ran'))).to.equal('');
    await expectNothingLeft(project);
  });

  it('a service that fails while the command runs is told at the end', async () => {
    const late = "sh -c 'echo up; while ! test -f die; do sleep 0.05; done; echo died of it; exit 5'";
    project.write('services.yaml', `services:\n  web: { command: "${late}", restart: no }\n`);
    // The command ends when the failure is in the stack's books.
    const wait = `touch die; until ${musterLine()} status --json | grep -q '"failed"'; do sleep 0.1; done; exit 3`;
    const done = await muster('run', '--', 'sh', '-c', wait);
    expect(done.code).to.equal(3);
    expect(done.stderr).to.match(/web failed: exited with code 5[^]*died of it/);
  });

  it('what cannot run is said before anything is started: no command, an unknown program, mistakes in the file', async () => {
    expect((await muster('run', 'npm', 'test')).stderr).to.equal(
      'muster: "run" needs a command after "--"; write muster run -- npm test\n',
    );
    expect((await muster('run', 'db')).stderr).to.equal(
      'muster: "run" needs a command after "--"; write muster run -- db (a service is started by muster up db)\n',
    );
    expect(await muster('run', '--', 'no-such')).to.include({ code: 127, stderr: 'muster run: no-such was not found\n' });
    expect((await muster('run', 'wep', '--', 'true')).code).to.equal(2);
    expect(readText(project.path('.server_memory.json'))).to.equal('');
  });

  it('joins a stack that runs here, and leaves it running', async () => {
    await muster('up', '-d');
    const before = memoryOf(project).supervisor?.pid;
    const { code, stdout, stderr } = await muster('run', '--', process.execPath, '-e', ask);
    expect([code, stdout]).to.deep.equal([0, 'hello development\n']);
    expect(stderr).to.match(/runs here already; it is used, and left running/);
    expect(memoryOf(project).supervisor?.pid).to.equal(before);
    expect(await isRunning()).to.equal(true);
    expect((await muster('run', '--env', 'test', '--', 'true')).code).to.equal(5);
  });

  // api; bad, which has failed
  it('of a stack that runs, only what is named counts, as with start: not what has failed beside it', async () => {
    const bad = "  bad: { command: sh -c 'echo no luck; exit 4', restart: no, startup_delay: 30s }\n";
    project.write('services.yaml', `services:\n  api: { command: sleep 1000 }\n${bad}`);
    await muster('up', '-d');
    expect((await muster('start', 'api')).code).to.equal(0);
    expect(await muster('run', 'api', '--', 'echo', 'it ran')).to.include({ code: 0, stdout: 'it ran\n' });
    for (const names of [[], ['bad']]) {
      const refused = await muster('run', ...names, '--', 'touch', 'ran');
      expect([refused.code, readText(project.path('ran'))]).to.deep.equal([1, '']);
      expect(refused.stderr).to.match(/bad failed: exited with code 4[^]*no luck/);
    }
  });

  it('SIGTERM goes to the command first, then everything goes down; the code is 128 and the signal', async () => {
    const running = startMuster(['run', '--', 'sh', '-c', 'echo $$; exec sleep 1000'], { cwd: project.folder });
    const pid = Number(await running.waitForLine(/^\d+$/));
    running.signal('SIGTERM');
    expect((await running.done).code).to.equal(143);
    expect(isLiving(pid)).to.equal(false);
    await expectNothingLeft(project);
    expect(await isRunning()).to.equal(false);
  });

  it('a command that ignores signals is killed the third time', async () => {
    const script =
      'trap "echo asked" INT; trap "echo asked to end" TERM; echo at work; while test -f services.yaml; do sleep 0.05; done';
    const running = startMuster(['run', '--', 'sh', '-c', script], { cwd: project.folder });
    // Signals of one kind that come at once are one signal.
    for (const line of [/^at work$/, /^asked$/, /^asked to end$/]) {
      await running.waitForLine(line);
      running.signal('SIGINT');
    }
    expect((await running.done).code).to.equal(137);
    await expectNothingLeft(project);
  });

  it('an interrupted boot goes down in order, and runs no command', async () => {
    project.write('services.yaml', 'services:\n  slow: { command: sleep 1000, health: { exec: "false" } }\n');
    const running = startMuster(['run', '--logs', '--', 'touch', 'ran'], { cwd: project.folder });
    await running.waitForLine(/slow starting/);
    running.signal('SIGINT');
    expect((await running.done).code).to.equal(130);
    expect(readText(project.path('ran'))).to.equal('');
    await expectNothingLeft(project);
  });

  it('ends what is left when its supervisor is killed meanwhile', async () => {
    const running = startMuster(['run', '--', 'sh', '-c', 'echo at work; until test -f over; do sleep 0.05; done'], {
      cwd: project.folder,
    });
    await running.waitForLine(/at work/);
    killNine(memoryOf(project).supervisor);
    project.write('over', '');
    expect((await running.done).code).to.equal(0);
    await expectNothingLeft(project);
  });

  for (const [then, line] of [
    ['in order', `${musterLine()} down`],
    ['in order, and booted anew', `${musterLine()} down && ${musterLine()} up -d`],
  ] as const) {
    it(`says nothing where the stack was taken down meanwhile ${then}, and ends as its command did`, async () => {
      const done = await muster('run', '--', 'sh', '-c', `{ ${line}; } > told && echo done`);
      expect([done.code, done.stdout], done.stderr).to.deep.equal([0, 'done\n']);
      expect(done.stderr).to.match(/^muster: project is up after [^\n]+\n$/);
      expect(await isRunning()).to.equal(line.includes(' up '));
    });
  }

  it('Ctrl-C in a terminal reaches the command once, and the services only after it', async function () {
    if (!hasTerminals()) this.skip();
    const line = 'trap "echo caught; exit 9" INT; echo at work; while test -f services.yaml; do sleep 0.05; done';
    const terminal = await openTerminal(project, ['run', '--', 'bash', '-c', line]);
    await terminal.shows(/at work/);
    terminal.type('\x03');
    expect(await terminal.exited).to.equal(9);
    expect(terminal.text().match(/caught/g)).to.have.length(1);
    await expectNothingLeft(project);
  });
});
