import { mkdirSync, symlinkSync } from 'node:fs';
import { expect } from 'chai';
import { createProject, runMuster } from '../support/cli.ts';

const good = 'services:\n  db: { command: sleep 1 }\n  api: { command: sleep 1, depends_on: [db] }\n';
const bad = 'services:\n  api:\n    comand: sleep 1\n    depends_on: [bd]\n  db: { command: sleep 1, port: 99999 }\n';

describe('muster check', () => {
  it('says how many services there are when nothing is wrong, and starts nothing', async () => {
    const { folder } = createProject({ 'services.yaml': good });
    expect(await runMuster(['check'], { cwd: folder })).to.deep.equal({
      code: 0,
      signal: null,
      stdout: '2 services, 0 errors, 0 warnings\n',
      stderr: '',
    });
  });

  it('A8: tells every mistake of the file in one run, in the order of the lines, and exits with 2', async () => {
    const { folder } = createProject({ 'services.yaml': bad });
    const { code, stdout, stderr } = await runMuster(['check'], { cwd: folder });
    const lines = stdout.trimEnd().split('\n');
    expect({ code, stderr }).to.deep.equal({ code: 2, stderr: '' });
    expect(lines.length).to.be.at.least(4);
    expect(stdout)
      .to.match(/^services\.yaml:3:5: .*"comand".*; .*"command"/m)
      .and.to.match(/^services\.yaml:4:\d+: .*"bd".*"db"/m);
    const places = lines.slice(0, -1).map((line) => Number(line.split(':')[1]));
    expect(places).to.deep.equal([...places].sort((a, b) => a - b));
    expect(lines.at(-1)).to.match(/^\d errors, 0 warnings$/);
  });

  it('A8: gives the same as data', async () => {
    const { folder } = createProject({ 'services.yaml': bad });
    const { code, stdout, stderr } = await runMuster(['check', '--json'], { cwd: folder });
    const data = JSON.parse(stdout) as { ok: boolean; services: number | null; diagnostics: Record<string, unknown>[] };
    expect({ code, stderr, ok: data.ok, services: data.services }).to.deep.equal({
      code: 2,
      stderr: '',
      ok: false,
      services: null,
    });
    expect(data.diagnostics[0]).to.include({ severity: 'error', code: 'unknown-key', file: 'services.yaml', line: 3, column: 5 });
    expect(data.diagnostics[0]).to.have.keys('severity', 'code', 'file', 'line', 'column', 'message', 'hint');
  });

  it('a warning is no error, except with --strict', async () => {
    const { folder } = createProject({
      'services.yaml': 'services:\n  mail: { command: no-such-program-here, optional: true }\n',
    });
    const relaxed = await runMuster(['check'], { cwd: folder });
    expect(relaxed.code).to.equal(0);
    expect(relaxed.stdout).to.match(/\n1 service, 0 errors, 1 warning\n$/);
    expect((await runMuster(['check', '--strict'], { cwd: folder })).code).to.equal(2);
  });

  it('says what to do where there is no file', async () => {
    const { folder } = createProject();
    const { code, stdout } = await runMuster(['check'], { cwd: folder });
    expect(code).to.equal(2);
    expect(stdout).to.match(/^services\.yaml:1:1: file does not exist; /);
  });

  it('finds the file in a folder above, up to the top of the repository, and says so', async () => {
    const { folder, path } = createProject({ 'services.yaml': good, '.git/HEAD': '', 'a/b/c': '' });
    const { code, stderr } = await runMuster(['check'], { cwd: path('a', 'b') });
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: 'muster: using ../../services.yaml\n' });
    expect((await runMuster(['check', '-f', 'a/../services.yaml'], { cwd: folder })).stderr).to.equal('');
  });

  it('goes no higher than the repository', async () => {
    const { path } = createProject({ 'services.yaml': good, 'inner/.git/HEAD': '', 'inner/a/b': '' });
    expect((await runMuster(['check'], { cwd: path('inner', 'a') })).code).to.equal(2);
  });

  it('takes services.yml too, and services.yaml where there are both', async () => {
    const project = createProject({ 'services.yml': good });
    expect((await runMuster(['check'], { cwd: project.folder })).code).to.equal(0);
    project.write('services.yaml', good);
    const { stderr } = await runMuster(['check'], { cwd: project.folder });
    expect(stderr).to.equal('muster: both services.yaml and services.yml are there; using services.yaml\n');
  });

  it("points to import where another tool's file is named as the stack file", async () => {
    const { folder } = createProject({
      'docker-compose.yml': 'services: {db: {image: postgres, networks: [a]}}',
      Procfile: 'web: x',
    });
    for (const [file, tool] of [
      ['docker-compose.yml', 'Compose'],
      ['Procfile', 'foreman'],
    ] as const) {
      const told = `muster: by its name, ${file} is a file of ${tool}; "muster import ${file}" writes a services.yaml from it`;
      for (const command of ['check', 'up']) {
        const { code, stderr } = await runMuster(['-f', file, command], { cwd: folder });
        expect([code, stderr.trim().split('\n').at(-1)]).to.deep.equal([2, told]);
      }
    }
  });

  it('takes options before the command, too', async () => {
    const { folder } = createProject({ 'other.yaml': good });
    expect((await runMuster(['-f', 'other.yaml', 'check'], { cwd: folder })).code).to.equal(0);
    expect((await runMuster(['--file=other.yaml', 'check'], { cwd: folder })).code).to.equal(0);
  });

  it('A5: checks the services of all profiles with --all-profiles', async () => {
    const text =
      'services:\n  a: { command: sleep 1 }\n  b: { command: sleep 1, profiles: [x], depends_on: [c] }\n  c: { command: sleep 1, profiles: [x], depends_on: [b] }\n';
    const { folder } = createProject({ 'services.yaml': text });
    expect((await runMuster(['check'], { cwd: folder })).code).to.equal(0);
    expect((await runMuster(['check', '--all-profiles'], { cwd: folder })).code).to.equal(2);
  });

  const environments: readonly (readonly [env: Record<string, string>, args: readonly string[], environment: string])[] = [
    [{}, [], 'development'],
    [{ NODE_ENV: 'testing' }, [], 'test'],
    [{ NODE_ENV: 'test', MUSTER_ENV: 'production' }, [], 'production'],
    [{ MUSTER_ENV: 'production' }, ['--env', 'staging'], 'staging'],
    [{ MUSTER_ENV: '' }, [], 'development'],
  ];
  for (const [env, args, environment] of environments) {
    it(`${JSON.stringify(env)} ${args.join(' ')}: the environment is ${environment}`, async () => {
      const { folder } = createProject({ 'services.yaml': good });
      const { stdout } = await runMuster(['plan', '--json', ...args], { cwd: folder, env });
      expect(JSON.parse(stdout)).to.include({ environment });
    });
  }

  it('colours nothing in a pipe, and what it is told to: FORCE_COLOR, NO_COLOR, --no-color', async () => {
    const { folder } = createProject({ 'services.yaml': bad });
    const isColoured = async (args: readonly string[], env: Record<string, string>): Promise<boolean> =>
      (await runMuster(['check', ...args], { cwd: folder, env })).stdout.includes('\x1b[');
    expect(await isColoured([], {})).to.equal(false);
    expect(await isColoured([], { FORCE_COLOR: '1' })).to.equal(true);
    expect(await isColoured(['--no-color'], { FORCE_COLOR: '1' })).to.equal(false);
    expect(await isColoured([], { FORCE_COLOR: '0' })).to.equal(false);
  });

  it('S2: a name in the file cannot send control sequences to the terminal', async () => {
    const { folder } = createProject({ 'services.yaml': 'services:\n  "a\\x1b]0;x\\x07": { command: sleep 1 }\n' });
    const { code, stdout } = await runMuster(['check'], { cwd: folder });
    expect(code).to.equal(2);
    expect(stdout).not.to.match(/[\x00-\x09\x0b-\x1f]/);
  });

  it('does not follow a file above that is not there', async () => {
    const { path, folder } = createProject({ '.git/HEAD': '' });
    mkdirSync(path('a'));
    symlinkSync(`${folder}/nowhere`, path('services.yaml'));
    const { code, stdout } = await runMuster(['check'], { cwd: path('a') });
    expect(code).to.equal(2);
    expect(stdout).to.contain('file does not exist');
  });
});
