import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { cleanUpProjects, createProject, runMuster } from '../support/cli.ts';

const infrastructure = 'services: {db: {image: "postgres:16", command: postgres, ports: ["5432:5432"]}}';

describe('muster init', () => {
  afterEach(cleanUpProjects);

  it('writes a file to begin with into an empty folder, which check finds nothing wrong with', async () => {
    const { folder, path } = createProject();
    const { code, stdout, stderr } = await runMuster(['init'], { cwd: folder });
    expect(code, stderr).to.equal(0);
    expect(stdout).to.equal('services.yaml: 1 service; next: read it, then "muster check"\n');
    expect(readFileSync(path('services.yaml'), 'utf8'))
      .to.include('# DECIDE: the program that runs.')
      .and.include('# depends_on: [db]')
      .and.include('# Every field, with an example: muster help fields\n');
    const help = await runMuster(['help', 'fields'], { cwd: folder });
    expect(help.code).to.equal(0);
    for (const field of ['depends_on (name, list, or map)', 'inputs (', 'never_on ('])
      expect(help.stdout).to.include(`\n${field}`);
    // It is read in a terminal.
    expect(help.stdout)
      .to.include('\n  # yaml-language-server: $schema=')
      .and.not.to.match(/\]\(|&lt;|<br>|<!--|\|-|^#|`/m);
    const check = await runMuster(['check', '--strict'], { cwd: folder });
    expect(check.stdout).to.include('1 service, 0 errors, 0 warnings');
  });

  it('begins with what an editor completes the fields by, where muster is installed for the folder', async () => {
    const { folder, path } = createProject({ 'node_modules/muster/schemas/services.schema.json': '{}', 'app/.keep': '' });
    for (const [out, schema] of [
      ['services.yaml', './node_modules'],
      ['app/services.yaml', '../node_modules'],
    ] as const) {
      const { code, stdout } = await runMuster(['init', '--out', out], { cwd: folder });
      expect([code, stdout.includes(`"muster ${out === 'services.yaml' ? '' : `-f ${out} `}check"`)], stdout).to.deep.equal([
        0,
        true,
      ]);
      const line = `# yaml-language-server: $schema=${schema}/muster/schemas/services.schema.json\n# Written by `;
      expect(readFileSync(path(out), 'utf8').slice(0, line.length)).to.equal(line);
    }
  });

  it('takes the programs from one file and what they need from Compose, and tells what it found', async () => {
    const { folder, path } = createProject({
      'compose.yaml': infrastructure,
      'compose.override.yaml': 'services: {db: {environment: {A: "1"}}}',
      'Procfile.dev': 'web: node web.js\n',
      'package.json': '{"scripts": {"dev": "vite"}}',
    });
    const { code, stderr, stdout } = await runMuster(['init'], { cwd: folder });
    expect(code, stderr).to.equal(0);
    expect(stderr).to.include('taken: compose.yaml, compose.override.yaml (compose, 1 service)');
    expect(stderr).to.include('taken: Procfile.dev (procfile, 1 service)');
    expect(stderr).to.include(
      'left out: package.json (package.json, 1 service); "muster import package.json --out FILE" reads it',
    );
    expect(stdout).to.include('services.yaml: 2 services from compose.yaml, compose.override.yaml, Procfile.dev');
    const text = readFileSync(path('services.yaml'), 'utf8');
    expect(text).to.include('  db:\n').and.include('  web:\n').and.include('A: "1"');
  });

  it('takes a Compose file that builds the programs by itself', async () => {
    const { folder } = createProject({
      'docker-compose.yml': 'services: {web: {build: ., command: node web.js}}',
      'package.json': '{"scripts": {"dev": "vite"}}',
    });
    const { stdout } = await runMuster(['init', '--out', '-'], { cwd: folder });
    expect(stdout).to.include('  web:\n').and.not.to.include('npm run dev');
  });

  it('two files with a service of one name: the second is told as not carried over', async () => {
    const { folder } = createProject({ 'compose.yaml': infrastructure, Procfile: 'db: x\nweb: y\n' });
    const { stderr, stdout } = await runMuster(['init', '--out', '-'], { cwd: folder });
    expect(stderr).to.include('Procfile:1: db: another of these files has a service of this name');
    expect(stdout).to.include('command: postgres').and.include('command: y');
  });

  it('knows how programs of some kinds are started', async () => {
    const { folder } = createProject({ 'manage.py': '' });
    const { stdout, stderr } = await runMuster(['init', '--out', '-'], { cwd: folder });
    expect(stderr).to.include('taken: manage.py');
    expect(stdout).to.include('command: python manage.py runserver 127.0.0.1:${app.port}');
  });

  it('leaves out a file that cannot be read, and says why', async () => {
    const { folder } = createProject({ 'compose.yaml': 'services: [', 'ecosystem.config.js': 'module.exports = load()' });
    const { code, stderr } = await runMuster(['init', '--out', '-'], { cwd: folder });
    expect(code).to.equal(0);
    expect(stderr)
      .to.include('left out: compose.yaml: line 1:')
      .and.include('left out: ecosystem.config.js: line 1: this is not a pm2 file');
  });

  it('never writes over a file without --force, and S5: runs nothing', async () => {
    const { folder, path } = createProject({
      'services.yaml': 'mine',
      'ecosystem.config.js':
        "require('fs').writeFileSync('ran', '');\nmodule.exports = { apps: [{ name: 'a', script: 'a.js' }] };",
    });
    const refused = await runMuster(['init'], { cwd: folder });
    expect(refused.code).to.equal(2);
    expect(refused.stderr).to.include('services.yaml is there already; --force replaces it');
    expect(readFileSync(path('services.yaml'), 'utf8')).to.equal('mine');
    expect((await runMuster(['init', '--force'], { cwd: folder })).code).to.equal(0);
    expect(readFileSync(path('services.yaml'), 'utf8')).to.include('command: node a.js');
    expect(existsSync(path('ran'))).to.equal(false);
  });
});
