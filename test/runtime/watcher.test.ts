import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { systemClock } from '../../lib/runtime/clock.ts';
import { watchFiles } from '../../lib/runtime/watcher/watch.ts';
import type { FileWatch, SeenChange } from '../../lib/runtime/watcher.ts';
import { until } from '../support/procs.ts';
import { makeAgain } from '../support/same-number.ts';

type Rig = {
  readonly folder: string;
  readonly write: (file: string, text?: string) => void;
  readonly path: (file: string) => string;
  readonly watch: FileWatch;
  readonly seen: () => readonly string[];
  readonly changes: readonly SeenChange[];
  readonly problems: readonly string[];
  /** Resolves when a change of this file was told. */
  readonly told: (file: string) => Promise<void>;
  /** What was told until a file that everybody sees has changed: events come in order. */
  readonly afterAll: () => Promise<readonly string[]>;
};

const rigs: { readonly watch: FileWatch; readonly folder: string }[] = [];

const aWatch = async (
  files: Readonly<Record<string, string>>,
  globs: readonly string[],
  { cwd = '', prepare = () => undefined }: { cwd?: string; prepare?: (folder: string) => void } = {},
): Promise<Rig> => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'muster-watch-')));
  const path = (file: string): string => join(folder, file);
  const write = (file: string, text = String(Math.random())): void => {
    mkdirSync(dirname(path(file)), { recursive: true });
    writeFileSync(path(file), text);
  };
  for (const [file, text] of Object.entries(files)) write(file, text);
  write('end-of-test');
  prepare(folder);
  const changes: SeenChange[] = [];
  const problems: string[] = [];
  const watch = await watchFiles({
    root: folder,
    services: [
      { name: 'web', rule: { folder: path(cwd), globs } },
      { name: 'end', rule: { folder, globs: ['end-of-test'] } },
    ],
    never: [path('logs/web.log'), path('.server_memory')],
    neverFiles: [path('.env')],
    clock: systemClock,
    onChange: (change) => void changes.push(change),
    onProblem: (problem) => void problems.push(problem),
  });
  rigs.push({ watch, folder });
  const seen = (): string[] => [
    ...new Set(changes.flatMap(({ file, names }) => (names.includes('web') && file !== 'end-of-test' ? [file] : []))),
  ];
  const told = (file: string): Promise<void> =>
    until(`${file} is told, not only ${seen().join(' ')}`, () => seen().includes(file));
  const afterAll = async (): Promise<readonly string[]> => {
    const isTold = (): boolean => changes.some(({ file }) => file === 'end-of-test');
    write('end-of-test');
    await until('the last change is told', isTold);
    return seen();
  };
  return { folder, write, path, watch, seen, changes, problems, told, afterAll };
};

afterEach(() => {
  for (const { watch, folder } of rigs.splice(0)) {
    watch.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

describe('watching files', () => {
  it('tells a file that is changed, made, and removed, and whose it is', async () => {
    const rig = await aWatch({ 'src/a.js': '1', 'src/b.js': '1', 'other/c.js': '1' }, ['src/**']);
    rig.write('other/c.js');
    rig.write('src/a.js');
    await rig.told('src/a.js');
    rig.write('src/new.js');
    await rig.told('src/new.js');
    unlinkSync(rig.path('src/b.js'));
    await rig.told('src/b.js');
    expect(await rig.afterAll()).to.have.members(['src/a.js', 'src/new.js', 'src/b.js']);
    expect(rig.changes.findLast(({ file }) => file === 'src/b.js')).to.deep.equal({
      file: 'src/b.js',
      exists: false,
      names: ['web'],
    });
  });

  it('leaves out what "!" excludes, and understands globs relative to the folder of the service', async () => {
    const rig = await aWatch(
      { 'meta/a.mjs': '', 'meta/a.txt': '', 'meta/generated/b.mjs': '', 'lib/c.mjs': '' },
      ['**/*.mjs', '../lib/**', '!**/generated/**'],
      { cwd: 'meta' },
    );
    for (const file of ['meta/generated/b.mjs', 'meta/a.txt', 'meta/a.mjs', 'lib/c.mjs']) rig.write(file);
    await rig.told('lib/c.mjs');
    expect(await rig.afterAll()).to.have.members(['meta/a.mjs', 'lib/c.mjs']);
  });

  it('a folder stands for what is in it, "." for the whole project, and a file for itself', async () => {
    const rig = await aWatch({ 'src/deep/a.js': '', 'package.json': '{}', 'x.json': '{}' }, ['./src', 'package.json']);
    rig.write('x.json');
    rig.write('src/deep/a.js');
    rig.write('package.json');
    await rig.told('package.json');
    expect(await rig.afterAll()).to.have.members(['src/deep/a.js', 'package.json']);
    const all = await aWatch({ 'a/b/c': '' }, ['.']);
    all.write('a/b/c');
    await all.told('a/b/c');
  });

  it('respects .gitignore, also nested ones, also what they take back, and one that changes', async () => {
    const rig = await aWatch(
      {
        '.gitignore': 'dist/\n*.tmp\n',
        'src/.gitignore': 'cache/\n!keep.tmp\n',
        'src/a.js': '',
        'dist/a.js': '',
        'src/cache/b.js': '',
        'src/late/d.js': '',
      },
      ['**'],
    );
    for (const file of ['dist/a.js', 'src/cache/b.js', 'src/x.tmp', 'src/keep.tmp', 'src/a.js']) rig.write(file);
    await rig.told('src/a.js');
    expect(await rig.afterAll()).to.have.members(['src/keep.tmp', 'src/a.js']);
    rig.write('src/.gitignore', 'late/\n');
    await rig.told('src/.gitignore');
    rig.write('src/late/d.js');
    rig.write('src/cache/b.js');
    await rig.told('src/cache/b.js');
    expect(rig.seen()).not.to.include('src/late/d.js');
  });

  it('respects the .gitignore of the repository around the project, unless that ignores the project as a whole', async () => {
    const around = (rules: string) => (folder: string) => {
      mkdirSync(join(folder, '.git'));
      writeFileSync(join(folder, '.gitignore'), rules);
    };
    const inner = async (rules: string): Promise<readonly string[]> => {
      const outer = realpathSync(mkdtempSync(join(tmpdir(), 'muster-watch-')));
      around(rules)(outer);
      const root = join(outer, 'app');
      mkdirSync(join(root, 'out'), { recursive: true });
      const seen: string[] = [];
      const watch = await watchFiles({
        root,
        services: [{ name: 'web', rule: { folder: root, globs: ['**'] } }],
        never: [],
        neverFiles: [],
        clock: systemClock,
        onChange: ({ file }) => void seen.push(file),
        onProblem: () => undefined,
      });
      rigs.push({ watch, folder: outer });
      writeFileSync(join(root, 'out', 'a.js'), '1');
      writeFileSync(join(root, 'b.js'), '1');
      await until('b.js is told', () => seen.includes('b.js'));
      return seen;
    };
    expect(await inner('out/\n')).not.to.include('out/a.js');
    const whole = await inner('app/\nout/\n');
    await until('out/a.js is told', () => whole.includes('out/a.js'));
  });

  it('says that git is at work while it has its lock, also in a worktree', async () => {
    const rig = await aWatch({ 'src/a.js': '', '.git/HEAD': '' }, ['src']);
    expect(rig.watch.isBusy()).to.equal(false);
    rig.write('.git/index.lock');
    expect(rig.watch.isBusy()).to.equal(true);
    const tree = await aWatch({ 'src/a.js': '', '.git': 'gitdir: real/git\n', 'real/git/index.lock': '' }, ['src']);
    expect(tree.watch.isBusy()).to.equal(true);
    unlinkSync(tree.path('real/git/index.lock'));
    expect(tree.watch.isBusy()).to.equal(false);
  });

  it('never looks into node_modules and .git, whatever the globs say', async () => {
    const rig = await aWatch({ 'src/a.js': '', 'node_modules/x/i.js': '', '.git/HEAD': '', 'src/node_modules/y/i.js': '' }, [
      '**',
    ]);
    expect(rig.watch.folders()).to.equal(2);
    for (const file of ['node_modules/x/i.js', '.git/HEAD', 'src/node_modules/y/i.js', 'src/a.js']) rig.write(file);
    await rig.told('src/a.js');
    expect(await rig.afterAll()).to.deep.equal(['src/a.js']);
  });

  it('logs, the memory and what editors leave beside a file are no change', async () => {
    const rig = await aWatch({ 'a.js': '', 'logs/web.log': '' }, ['**']);
    for (const file of ['logs/web.log', 'logs/web.log.1', '.server_memory.json', '.a.js.swp', 'a.js~', '4913', '.#a.js', '.env'])
      rig.write(file);
    rig.write('.env.local');
    rig.write('a.js');
    await rig.told('a.js');
    expect(await rig.afterAll()).to.have.members(['.env.local', 'a.js']);
  });

  it('F166: sees every way in which editors save', async () => {
    const rig = await aWatch({ 'src/in-place.js': '1', 'src/vim.js': '1', 'src/sed.js': '1', 'src/append.js': '1' }, [
      'src/*.js',
    ]);
    rig.write('src/in-place.js');
    // vim with a backup: the old file is moved away, a new one written, the backup removed.
    renameSync(rig.path('src/vim.js'), rig.path('src/vim.js~'));
    rig.write('src/vim.js');
    unlinkSync(rig.path('src/vim.js~'));
    execFileSync('sed', ['-i', 's/1/2/', rig.path('src/sed.js')]);
    appendFileSync(rig.path('src/append.js'), 'x');
    rig.write('src/.atomic.tmp');
    renameSync(rig.path('src/.atomic.tmp'), rig.path('src/atomic.js'));
    for (const name of ['in-place', 'vim', 'sed', 'append', 'atomic']) await rig.told(`src/${name}.js`);
    expect(rig.changes.findLast(({ file }) => file === 'src/vim.js')?.exists).to.equal(true);
  });

  it('F176: times in the future, and times that go back, make no difference', async () => {
    const rig = await aWatch({ 'src/a.js': '1' }, ['src/**']);
    utimesSync(rig.path('src/a.js'), new Date('2099-01-01'), new Date('2099-01-01'));
    await rig.told('src/a.js');
    const before = rig.changes.length;
    rig.write('src/a.js', 'other');
    utimesSync(rig.path('src/a.js'), new Date('2001-01-01'), new Date('2001-01-01'));
    await until('the second change is told', () => rig.changes.length > before);
  });

  it('a folder that is made, or moved in with its files, is watched from then on', async () => {
    const rig = await aWatch({ 'src/a.js': '', 'aside/deep/b.js': '' }, ['src/**']);
    rig.write('src/new/deeper/c.js');
    await rig.told('src/new/deeper/c.js');
    renameSync(rig.path('aside'), rig.path('src/moved'));
    await rig.told('src/moved/deep/b.js');
    rig.write('src/moved/deep/d.js');
    await rig.told('src/moved/deep/d.js');
  });

  it('F168: a watched folder that is removed and made again is watched again, also the one that the globs begin with', async () => {
    const rig = await aWatch({ 'src/lib/a.js': '', 'src/lib/b.js': '' }, ['src/lib/*.js']);
    rmSync(rig.path('src'), { recursive: true });
    await rig.told('src/lib/a.js');
    rig.write('src/lib/new.js');
    await rig.told('src/lib/new.js');
    rig.write('src/lib/newer.js');
    await rig.told('src/lib/newer.js');
  });

  it('F168: a folder that is removed and made again in one go is watched again, also where it gets the number that it had', async function () {
    const rig = await aWatch({ 'src/gen/a.js': '' }, ['src/**/*.js']);
    if (!makeAgain(rig.path('src/gen'))) this.skip();
    await rig.told('src/gen/a.js');
    // What is in it is told of while it is looked into, too: only what comes after the end of that needs the watch.
    rig.write('src/gen/first.js');
    await rig.told('src/gen/first.js');
    await rig.afterAll();
    rig.write('src/gen/later.js');
    await rig.told('src/gen/later.js');
  });

  it('a folder that is moved away with watched files in it is a change, and one without is none', async () => {
    const rig = await aWatch({ 'src/full/a.js': '', 'src/empty/a.txt': '' }, ['src/**/*.js']);
    renameSync(rig.path('src/empty'), rig.path('empty'));
    renameSync(rig.path('src/full'), rig.path('full'));
    await rig.told('src/full');
    expect(await rig.afterAll()).to.deep.equal(['src/full']);
  });

  it('F167: links are not followed, neither out of the project nor in a circle', async () => {
    const rig = await aWatch({ 'src/a.js': '', 'aside/b.js': '' }, ['**/*.js', '!aside'], {
      prepare: (folder) => {
        symlinkSync('..', join(folder, 'src', 'loop'));
        symlinkSync('/', join(folder, 'src', 'disk'));
        symlinkSync(join(folder, 'aside'), join(folder, 'src', 'link'));
      },
    });
    expect(rig.watch.folders()).to.equal(2);
    rig.write('aside/b.js');
    rig.write('src/a.js');
    await rig.told('src/a.js');
    expect(await rig.afterAll()).to.deep.equal(['src/a.js']);
  });

  it('looks no deeper than the globs reach', async () => {
    const rig = await aWatch({ 'a.js': '', 'src/b.js': '', 'src/deep/c.js': '', 'other/d.js': '' }, ['*.js', 'src/*.js']);
    expect(rig.watch.folders()).to.equal(2);
  });

  it('goes on when a part of the project is closed to us', async function () {
    if (process.getuid?.() === 0) this.skip();
    const rig = await aWatch({ 'src/a.js': '', 'src/closed/b.js': '' }, ['src/**'], {
      prepare: (folder) => execFileSync('chmod', ['000', join(folder, 'src', 'closed')]),
    });
    rig.write('src/a.js');
    await rig.told('src/a.js');
    execFileSync('chmod', ['700', rig.path('src/closed')]);
  });
});
