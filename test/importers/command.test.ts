import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { cleanUpProjects, createProject, runMuster } from '../support/cli.ts';

const compose = 'services:\n  web:\n    image: x\n    command: touch ran\n    volumes: [.:/app]\n';

describe('muster import', () => {
  afterEach(cleanUpProjects);

  it('writes services.yaml, lists what was not carried over with its line, and says what comes next', async () => {
    const { folder, path } = createProject({ 'compose.yaml': compose });
    const { code, stdout, stderr } = await runMuster(['import', 'compose.yaml'], { cwd: folder });
    expect(code, stderr).to.equal(0);
    expect(stdout).to.equal('services.yaml: 1 service from compose.yaml; next: read it, then "muster check"\n');
    expect(stderr).to.include(
      'not carried over:\n  compose.yaml:5: services.web.volumes: programs see the files of this machine as they are\n',
    );
    expect(readFileSync(path('services.yaml'), 'utf8')).to.include('command: touch ran');
    expect((await runMuster(['check'], { cwd: folder })).code).to.equal(0);
  });

  it('S5: runs nothing of the file', async () => {
    const { folder, path } = createProject({ 'compose.yaml': compose });
    expect((await runMuster(['import', 'compose.yaml'], { cwd: folder })).code).to.equal(0);
    expect(existsSync(path('ran'))).to.equal(false);
  });

  it('never writes over a file without --force', async () => {
    const { folder, path } = createProject({ 'compose.yaml': compose, 'services.yaml': 'mine' });
    const refused = await runMuster(['import', 'compose.yaml'], { cwd: folder });
    expect(refused.code).to.equal(2);
    expect(refused.stderr).to.include('services.yaml is there already; --force replaces it');
    expect(readFileSync(path('services.yaml'), 'utf8')).to.equal('mine');
    expect((await runMuster(['import', 'compose.yaml', '--force'], { cwd: folder })).code).to.equal(0);
    expect(readFileSync(path('services.yaml'), 'utf8')).to.include('touch ran');
  });

  it('writes elsewhere with --out, with paths that are right there, and to stdout with --out -', async () => {
    const { folder, path, write } = createProject({
      'deploy/compose.yaml': 'services: {web: {build: ./app, command: run, env_file: web.env}}',
    });
    write('deploy/web.env', 'A=1');
    write('deploy/app/x', '');
    expect((await runMuster(['import', 'deploy/compose.yaml', '--out', 'other.yaml'], { cwd: folder })).code).to.equal(0);
    expect(readFileSync(path('other.yaml'), 'utf8'))
      .to.include('cwd: deploy/app')
      .and.include('env_file: [deploy/web.env]');
    const { stdout } = await runMuster(['import', 'deploy/compose.yaml', '--out', '-'], { cwd: folder });
    expect(stdout).to.include('services:\n  web:\n');
    expect(existsSync(path('services.yaml'))).to.equal(false);
  });

  it('--json gives the losses as data', async () => {
    const { folder } = createProject({ 'compose.yaml': compose });
    const { stdout } = await runMuster(['import', 'compose.yaml', '--json'], { cwd: folder });
    const data = JSON.parse(stdout) as { ok: boolean; format: string; out: string; losses: unknown[] };
    expect(data).to.include({ ok: true, format: 'compose', out: 'services.yaml' });
    expect(data.losses).to.deep.equal([
      {
        file: 'compose.yaml',
        line: 5,
        column: 5,
        key: 'services.web.volumes',
        text: 'programs see the files of this machine as they are',
      },
    ]);
  });

  it('overlays several Compose files, and imports a Procfile', async () => {
    const { folder, path } = createProject({
      'compose.yaml': compose,
      'compose.dev.yaml': 'services: {web: {command: two, volumes: !reset []}}',
      Procfile: '# processes\nweb: bundle exec puma -p $PORT\nworker: rake jobs\nrelease: rake db:migrate\n',
      '.env': 'A=1\n',
    });
    const both = await runMuster(['import', 'compose.yaml', 'compose.dev.yaml', '--out', '-'], { cwd: folder });
    expect(both.stdout).to.include('command: two');
    expect(both.stderr).not.to.include('volumes');
    expect((await runMuster(['import', 'Procfile'], { cwd: folder })).code).to.equal(0);
    const text = readFileSync(path('services.yaml'), 'utf8');
    expect(text).to.include('web:\n    command: bundle exec puma -p $PORT\n    port: 5000\n').and.include('env_file: .env');
    expect(text).to.include('release:\n    type: task\n');
  });

  it('a Procfile: every process has its PORT as foreman gives it; only of those that listen on it is it the port', async () => {
    const { folder, path, write } = createProject({
      Procfile: 'web: node server.js\nworker: node worker.js\napi: node api.js --port $PORT\nrelease: node migrate.js\n',
    });
    const { stderr } = await runMuster(['import', 'Procfile'], { cwd: folder });
    const text = readFileSync(path('services.yaml'), 'utf8');
    expect(text).to.include('web:\n    command: node server.js\n    port: 5000\n');
    expect(text).to.match(/worker:\n {4}command: node worker\.js\n {4}env:\n {6}PORT: "5100"\n(?: {4}#.*\n)+ {4}# port: 5100\n/);
    expect(text).to.match(/api:\n {4}command: .*\n {4}port: 5200\n/);
    expect(text).to.match(/release:\n {4}type: task\n {4}command: node migrate\.js\n$/);
    expect(stderr).to.match(/Procfile:1:1?:? ?web: it should listen on PORT, which is 5000/);
    expect(stderr).to.match(/worker: its PORT is 5100 as foreman has it/);
    write('.env', 'A=1\nPORT=3000\n');
    await runMuster(['import', 'Procfile', '--force'], { cwd: folder });
    const counted = readFileSync(path('services.yaml'), 'utf8');
    expect(counted)
      .to.include('port: 3000\n')
      .and.match(/api:\n {4}command: .*\n(?: {4}(?:env:\n {6}PORT: "3200"|port: 3200)\n){2}/);
  });

  it('a Procfile is one by its name, or where somebody says so; what is no file of a known kind is told what was expected', async () => {
    const { folder } = createProject({
      'x.yaml': 'foo: bar\n',
      'y.json': 'foo: bar\n',
      'Procfile.yml': 'web: run\n',
      'empty.yaml': '',
      empty: '\n',
      Procfile: '# nothing yet\n',
      processes: 'web: run\n',
    });
    for (const [args, told] of [
      [['x.yaml'], 'x.yaml is of no kind that is known: expected "processes" (process-compose)'],
      [['y.json'], 'NAME: COMMAND lines (procfile); say which with --format (process-compose, '],
      [['Procfile.yml'], 'Procfile.yml is of no kind'],
      [['empty.yaml'], 'empty.yaml is empty: expected'],
      [['empty'], 'empty is empty: expected'],
      [['Procfile'], 'Procfile:1:1: this is not a Procfile: it has no line NAME: COMMAND'],
      [['empty.yaml', '--format', 'procfile'], 'this is not a Procfile'],
    ] as const) {
      const { code, stderr } = await runMuster(['import', ...args, '--out', '-'], { cwd: folder });
      expect(code, args.join(' ')).to.equal(2);
      expect(stderr).to.include(told);
    }
    for (const args of [['processes'], ['x.yaml', '--format', 'procfile']]) {
      const { code, stdout } = await runMuster(['import', ...args, '--out', '-'], { cwd: folder });
      expect(code, args.join(' ')).to.equal(0);
      expect(stdout).to.match(/command: (?:run|bar)\n/);
    }
  });

  it('says what is wrong with a file that it cannot read, with exit code 2', async () => {
    const { folder } = createProject({ 'compose.yaml': 'services: [', 'x.bin': 'hello', Procfile: 'web: a' });
    for (const [args, told] of [
      [['compose.yaml'], 'compose.yaml:1:'],
      [['nowhere.yaml'], 'nowhere.yaml:1:1: file does not exist'],
      [['x.bin'], 'x.bin is of no kind that is known'],
      [['x.bin', '--format', 'helm'], 'there is no format "helm"; choose one of process-compose'],
      [['.'], 'this is a directory'],
    ] as const) {
      const { code, stderr } = await runMuster(['import', ...args], { cwd: folder });
      expect(code, args.join(' ')).to.equal(2);
      expect(stderr).to.include(told);
    }
  });
});
