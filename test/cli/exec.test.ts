import { expect } from 'chai';
import { createProject, type Project, type RunResult, runMuster, startMuster } from '../support/cli.ts';
import { isLiving } from '../support/procs.ts';
import { killNine } from '../support/signals.ts';
import { expectNothingLeft, memoryOf } from '../support/stack-rig.ts';
import { hasTerminals, openTerminal } from '../support/terminal.ts';

// web ─► db: both on ports that are chosen on each run
const stack = `
services:
  db:
    command: node -e "require('net').createServer().listen(process.env.PORT)"
    port: auto
  web:
    command: node -e "require('net').createServer().listen(process.env.PORT)"
    port: auto
    cwd: sub
    depends_on: [db]
    env_file: web.env
    env:
      DB: \${db.host}:\${db.port}
      EMPTY: ''
  tool:
    command: not-installed
    profiles: [tools]
    env: { WHAT: tool }
`;

describe('muster exec', () => {
  let project: Project;

  const muster = (...args: readonly string[]): Promise<RunResult> => runMuster(args, { cwd: project.folder });
  const sh = (service: string, line: string): Promise<RunResult> => muster('exec', service, '--', 'sh', '-c', line);

  beforeEach(() => {
    project = createProject({ 'services.yaml': stack, 'sub/x': '', 'web.env': 'API_TOKEN=canary-4711\n' });
  });

  afterEach(async () => {
    await muster('down');
    await expectNothingLeft(project);
  });

  it("runs in the service's environment and folder, and carries no marker", async () => {
    const { code, stdout } = await sh('web', 'echo "$API_TOKEN $NODE_ENV ${MUSTER_INSTANCE-none} $(pwd)"');
    expect([code, stdout]).to.deep.equal([0, `canary-4711 development none ${project.path('sub')}\n`]);
  });

  it('has the addresses as they are on this run, also after the supervisor was killed; else as they are planned', async () => {
    expect((await sh('web', 'echo $DB')).stdout).to.match(/^127\.0\.0\.1:\d+\n$/);
    await muster('up', '-d');
    const status = JSON.parse((await muster('status', '--json')).stdout) as {
      readonly services: readonly { readonly name: string; readonly ports: readonly { readonly port: number }[] }[];
    };
    const [db, web] = ['db', 'web'].map((name) => status.services.find((one) => one.name === name)?.ports[0]?.port);
    expect((await sh('web', 'echo $DB $PORT')).stdout).to.equal(`127.0.0.1:${db} ${web}\n`);
    killNine(memoryOf(project).supervisor);
    expect((await sh('web', 'echo $DB $PORT')).stdout).to.equal(`127.0.0.1:${db} ${web}\n`);
  });

  it('gives its exit code, 128 and the number of its signal, 127 for not found, 126 for not runnable', async () => {
    expect((await sh('web', 'exit 7')).code).to.equal(7);
    expect((await sh('web', 'kill -9 $$')).code).to.equal(137);
    const missing = await muster('exec', 'web', '--', 'no-such-program');
    expect([missing.code, missing.stderr]).to.deep.equal([127, 'muster exec: no-such-program was not found\n']);
    expect((await muster('exec', 'web', '--', './x')).code).to.equal(126);
  });

  it('works for a service of an inactive profile, and one whose own program is missing', async () => {
    expect((await sh('tool', 'echo $WHAT')).stdout).to.equal('tool\n');
  });

  it('reads stdin, and passes on signals that are sent to it', async () => {
    const cat = await runMuster(['exec', 'web', '--', 'cat'], { cwd: project.folder, input: 'typed\n' });
    expect(cat.stdout).to.equal('typed\n');
    const line = 'trap "echo got; exit 9" TERM; echo ready; while :; do sleep 0.01; done';
    const waiting = startMuster(['exec', 'web', '--', 'sh', '-c', line], { cwd: project.folder });
    await waiting.waitForLine(/^ready$/);
    waiting.signal('SIGTERM');
    expect(await waiting.done).to.include({ code: 9, stdout: 'ready\ngot\n' });
  });

  it('is not ended by down: it is no part of the service', async () => {
    await muster('up', '-d');
    const running = startMuster(['exec', 'web', '--', 'sh', '-c', 'echo $$; read x; echo over'], { cwd: project.folder });
    const other = startMuster(['exec', 'web', '--', 'sh', '-c', 'echo $$; exec sleep 1000'], { cwd: project.folder });
    const pid = Number(await other.waitForLine(/^\d+$/));
    await running.waitForLine(/^\d+$/);
    expect((await muster('down')).code).to.equal(0);
    expect(isLiving(pid)).to.equal(true);
    other.signal('SIGTERM');
    expect((await other.done).code).to.equal(143);
    expect((await running.done).stdout).to.match(/over/);
  });

  it('says what is wrong: an unknown service, no command, a forgotten --', async () => {
    const unknown = await sh('wep', 'true');
    expect([unknown.code, unknown.stderr])
      .to.deep.include(2)
      .and.to.satisfy(([, text]: [number, string]) => /did you mean "web"/.test(text));
    const forgotten = await muster('exec', 'web', 'npm', 'test');
    expect([forgotten.code, forgotten.stderr]).to.deep.equal([
      2,
      'muster: "exec" needs a command after "--"; write muster exec web -- npm test\n',
    ]);
    expect((await muster('exec')).code).to.equal(2);
  });

  it('has the terminal: Ctrl-C reaches the command once', async function () {
    if (!hasTerminals()) this.skip();
    const line = 'trap "echo caught" INT; test -t 0 && echo at-a-terminal; read x; echo "read $x"; exit 4';
    const terminal = await openTerminal(project, ['exec', 'web', '--', 'bash', '-c', line]);
    await terminal.shows(/at-a-terminal/);
    terminal.type('\x03');
    await terminal.shows(/caught/);
    terminal.type('hello\n');
    await terminal.exited;
    expect(terminal.text().match(/caught/g)).to.have.length(1);
  });
});

describe('muster env', () => {
  const files = { 'services.yaml': stack, 'sub/x': '', 'web.env': 'API_TOKEN=canary-4711\n' };

  it('S-26: lists names, sources and whether they are set, and never a value where nobody looks', async () => {
    const { folder } = createProject(files);
    const told = await runMuster(['env', 'web'], { cwd: folder });
    expect(told.stdout)
      .to.match(/API_TOKEN +stack +set/)
      .and.to.match(/EMPTY +stack +empty/)
      .and.to.match(/PORT +muster +set/);
    const json = await runMuster(['env', 'web', '--json', '--all'], { cwd: folder, env: { PORT_FORWARD: '1' } });
    const data = JSON.parse(json.stdout) as { readonly variables: readonly { readonly name: string; readonly source: string }[] };
    expect(data.variables).to.deep.include({ name: 'API_TOKEN', source: 'stack', set: true });
    expect(data.variables).to.deep.include({ name: 'PORT_FORWARD', source: 'caller', set: true });
    expect(data.variables).to.deep.include({ name: 'HOME', source: 'caller', set: true });
    const refused = await runMuster(['env', 'web', '--show'], { cwd: folder });
    expect(refused.code).to.equal(2);
    for (const { stdout, stderr } of [told, json, refused]) expect(stdout + stderr).not.to.contain('canary-4711');
  });

  it('shows them to a terminal that asks', async function () {
    if (!hasTerminals()) this.skip();
    const terminal = await openTerminal(createProject(files), ['env', 'web', '--show']);
    await terminal.shows(/API_TOKEN +stack +canary-4711/);
    await terminal.exited;
  });
});
