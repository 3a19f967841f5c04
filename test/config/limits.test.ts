import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { depthLimit } from '../../lib/config/document.ts';
import { createProject, type Project } from './project.ts';

describe('A16: files that are hostile, damaged, or no stack at all', () => {
  const projects: Project[] = [];
  const given = (content: string | Uint8Array): Project => {
    const project = createProject(content);
    projects.push(project);
    return project;
  };

  afterEach(() => {
    for (const project of projects.splice(0)) project.remove();
  });

  it('A16: refuses a file of 50 MB without reading it', async () => {
    const project = given('');
    truncateSync(path.join(project.root, 'services.yaml'), 50_000_000);
    expect(await project.check()).to.deep.equal([
      'services.yaml:1:1: file has 50.0 MB; the limit is 5 MB; split the stack into smaller ones',
    ]);
  });

  it('A16: refuses a NUL, and text that is not UTF-8, with its place', async () => {
    expect(await given('services:\n  a: {command: "x\0"}\n').check()).to.deep.equal([
      'services.yaml:2:18: NUL character in the file; remove it',
    ]);
    expect(await given(Buffer.from([0x61, 0x3a, 0x20, 0xff])).check()).to.deep.equal([
      'services.yaml:1:4: file is not UTF-8 text; save it as UTF-8',
    ]);
  });

  it('A16: stops at aliases that multiply', async () => {
    const rows = Array.from(
      { length: 9 },
      (_, row) => `x-${row + 1}: &r${row + 1} [${Array.from({ length: 9 }, () => `*r${row}`).join(', ')}]`,
    );
    const said = await given(`x-0: &r0 [x]\n${rows.join('\n')}\nservices:\n  a: {command: x, profiles: *r9}\n`).check();
    expect(said).to.deep.equal(['services.yaml:12:29: alias "*r9" grows beyond all reason; write the values out']);
  });

  it('A16: stops at an alias that holds itself, also through another', async () => {
    const said = await given('x-a: &a {env: {b: &b {c: *a}}}\nservices:\n  a: {command: x, env: {X: *b}}\n').check();
    expect(said).to.include('services.yaml:1:26: alias "*a" contains itself; remove the loop');
  });

  const deep: Record<string, string> = {
    'a hundred thousand open brackets': '['.repeat(100_000),
    'a hundred thousand closed brackets': `a: ${'['.repeat(100_000)}${']'.repeat(100_000)}`,
    'maps in maps': `a: ${'{a: '.repeat(50_000)}`,
    'dashes in a row': `${'- '.repeat(50_000)}x`,
    'question marks in a row': `${'? '.repeat(50_000)}x`,
    indentation: Array.from({ length: 2000 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join(''),
  };
  for (const [title, text] of Object.entries(deep)) {
    it(`A16: refuses nesting beyond reason: ${title}`, async () => {
      const [first, ...more] = await given(text).check();
      expect(first).to.include(`nesting is deeper than ${depthLimit} levels`);
      expect(more).to.deep.equal([]);
    });
  }

  it('leaves brackets inside text alone, however many', async () => {
    const said = await given(`services:\n  a: {command: 'x ${'['.repeat(200)}'}\n  # ${'{'.repeat(200)}\n`).check();
    expect(said).to.deep.equal([]);
  });

  it('A16: passes `__proto__` on as a name like any other and pollutes nothing', async () => {
    const project = given('services:\n  a: {command: x, env: {__proto__: "1", constructor: "2"}}\n');
    const { env } = await project.service('a');
    expect(Object.entries(env)).to.deep.equal([
      ['__proto__', '1'],
      ['constructor', '2'],
      ['NODE_ENV', 'development'],
    ]);
    expect(Object.getPrototypeOf(env)).to.equal(Object.prototype);
    expect(await given('__proto__: {a: 1}\nservices: {}\n').check()).to.have.lengthOf(1);
    expect(await given('services:\n  a: {command: x, __proto__: {port: 1}}\n').check()).to.have.lengthOf(1);
    expect(({} as Record<string, unknown>)['port']).to.equal(undefined);
  });

  it('shows the first thousand of a million mistakes, and says so', async () => {
    const said = await given(`services: {}\n${'a: 1\n'.repeat(200_000)}`).check();
    expect(said).to.have.lengthOf(1001);
    expect(said.at(-1)).to.include('more than 1000 mistakes');
    const wide = await given(`services: {🚀: 1, ${'a: 1, '.repeat(100_000)}}\n`).check();
    expect(wide).to.have.lengthOf(1001);
  });

  it('says what is wrong with a file that is missing, a directory, or a pipe, instead of waiting for it', async function () {
    const project = given('');
    mkdirSync(path.join(project.root, 'folder'));
    expect(await project.check({ file: 'none.yaml' })).to.deep.equal([
      'none.yaml:1:1: file does not exist; "muster init" writes one, or name another with -f',
    ]);
    expect(await project.check({ file: 'folder' })).to.deep.equal([
      'folder:1:1: this is a directory, not a file; name the file: services.yaml',
    ]);
    if (process.platform === 'win32') this.skip();
    execFileSync('mkfifo', [path.join(project.root, 'pipe')]);
    expect(await project.check({ file: 'pipe' })).to.deep.equal(['pipe:1:1: this is not a regular file; name a file']);
  });

  it('S-17: refuses a log file that a link leads out of the project, also one that hangs', async function () {
    if (process.platform === 'win32') this.skip();
    const project = given(
      'services:\n  a: {command: x}\n  b: {command: x, log: {file: out/b.log}}\n  c: {command: x, log: {file: in/c.log}}\n',
    );
    mkdirSync(path.join(project.root, 'logs'));
    mkdirSync(path.join(project.root, 'real'));
    symlinkSync('/nonexistent-folder/a.log', path.join(project.root, 'logs', 'a.log'));
    symlinkSync('..', path.join(project.root, 'out'));
    symlinkSync('real', path.join(project.root, 'in'));
    project.write('bin/x', '');
    const said = await project.check({ checkSystem: true, env: { PATH: process.env['PATH'] } });
    expect(said.filter((line) => line.includes('log file'))).to.deep.equal([
      'services.yaml:2:3: log file leaves the project directory; use a path inside the project',
      'services.yaml:3:31: log file leaves the project directory; use a path inside the project',
    ]);
  });

  describe('says what stands in the way of a file', () => {
    const onWay = [
      'services:',
      '  a: {command: x}',
      '  b: {command: x, cwd: way/in, env_file: way/b.env}',
      '  c: {command: x}\n',
    ];
    const check = async (project: Project): Promise<string[]> =>
      (await project.check({ checkSystem: true, env: { PATH: process.env['PATH'] } })).filter(
        (line) => !line.includes('program'),
      );

    it('a plain file, once for all logs in it', async () => {
      const project = given(onWay.join('\n'));
      project.write('logs', '');
      project.write('way', '');
      expect(await check(project)).to.deep.equal([
        'services.yaml:2:3: log file "logs/a.log" cannot be written: "logs" is not a folder; clear the way, or name another file',
        'services.yaml:3:24: cwd "way/in" cannot be used: "way" is not a folder; create it or fix the path',
        'services.yaml:3:42: env file "way/b.env" does not exist; create it or fix the path',
      ]);
    });

    it('a link that leads back to itself, alone or in turns', async function () {
      if (process.platform === 'win32') this.skip();
      const project = given(onWay.join('\n'));
      symlinkSync('way/x', path.join(project.root, 'logs'));
      symlinkSync('logs/y', path.join(project.root, 'way'));
      const said = await check(project);
      expect(said).to.have.lengthOf(3);
      expect(said[0]).to.include('log file "logs/a.log" cannot be written').and.include('is a link that leads back to itself');
      expect(said[1]).to.include('cwd "way/in" cannot be used').and.include('is a link that leads back to itself');
      expect(said[2]).to.include('env file "way/b.env" cannot be read (ELOOP)');
    });

    it('a folder that is closed to this user', async function () {
      if (process.getuid === undefined || process.getuid() === 0) this.skip();
      const project = given(onWay.join('\n'));
      for (const folder of ['logs', 'way']) mkdirSync(path.join(project.root, folder), { mode: 0 });
      try {
        const said = await check(project);
        expect(said[0]).to.include('"logs" is closed to this user');
        expect(said[1]).to.include('"way" is closed to this user');
        expect(said[2]).to.include('cannot be read (EACCES)');
      } finally {
        for (const folder of ['logs', 'way']) chmodSync(path.join(project.root, folder), 0o700);
      }
    });

    it('a folder of its name, or a name that is too long', async function () {
      if (process.platform === 'win32') this.skip();
      const long = 'n'.repeat(300);
      const project = given(
        `services:\n  a: {command: x}\n  b: {command: x, log: {file: ${long}/b.log}, cwd: ${long}, env_file: ${long}}\n`,
      );
      mkdirSync(path.join(project.root, 'logs', 'a.log'), { recursive: true });
      const said = await check(project);
      expect(said).to.have.lengthOf(4);
      expect(said[0]).to.include('log file "logs/a.log" cannot be written: "logs/a.log" is a folder');
      expect(said[1]).to.include('cannot be written').and.include('has too long a name');
      expect(said[2]).to.include('cannot be used').and.include('has too long a name');
      expect(said[3]).to.include('cannot be read (ENAMETOOLONG)');
    });
  });

  it('S-21: refuses an env file outside the project, by its name or through a link', async function () {
    if (process.platform === 'win32') this.skip();
    const project = given('services:\n  a: {command: x, env_file: [link.env, ../../etc/hostname, /etc/hostname]}\n');
    symlinkSync('/etc/hostname', path.join(project.root, 'link.env'));
    const said = await project.check();
    expect(said).to.have.lengthOf(3);
    for (const line of said) expect(line).to.include('leaves the project directory');
  });
});
