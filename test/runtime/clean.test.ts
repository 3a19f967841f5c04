import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { findCleanable, removeAll } from '../../lib/runtime/clean.ts';

describe('cleaning', () => {
  let outer = '';
  let root = '';
  const at = (...parts: string[]): string => path.join(root, ...parts);
  const write = (...files: string[]): void => {
    for (const file of files) {
      mkdirSync(path.dirname(at(file)), { recursive: true });
      writeFileSync(at(file), 'x');
    }
  };
  const find = async (...globs: string[]): Promise<string[]> => {
    const found = await findCleanable({
      root,
      rules: [{ folder: root, globs }],
      keep: [at('services.yaml'), at('conf/.env')],
      logs: [at('logs/api.log'), at('tmp/web.log')],
    });
    return found.map(({ path: file, isFolder }) => `${path.relative(root, file)}${isFolder ? '/' : ''}`);
  };

  beforeEach(() => {
    outer = realpathSync(mkdtempSync(path.join(tmpdir(), 'muster-clean-')));
    root = path.join(outer, 'project');
    write('services.yaml', 'conf/.env', 'dist/a/b', '.cache/x', 'src/__pycache__/m.pyc', 'src/m.py', 'a.tmp', 'keep.tmp');
    write(
      'node_modules/p/dist/x',
      '.git/a.tmp',
      'logs/api.log',
      'logs/api.log.1',
      'tmp/web.log',
      'tmp/junk',
      '.server_memory.json',
    );
    writeFileSync(path.join(outer, 'mine'), 'x');
  });

  afterEach(() => {
    rmSync(outer, { recursive: true, force: true });
  });

  it('finds files and folders, hidden ones too, and lists nothing inside a folder that is listed itself', async () => {
    expect(await find('dist', '.cache/**', '**/__pycache__', '**/*.pyc')).to.deep.equal([
      '.cache/x',
      'dist/',
      'src/__pycache__/',
    ]);
  });

  it('takes with `dist` the folder, with `dist/**` only what is in it', async () => {
    expect(await find('dist')).to.deep.equal(['dist/']);
    expect(await find('dist/**')).to.deep.equal(['dist/a/']);
  });

  it('keeps what is excluded, also inside a folder that would go as a whole', async () => {
    expect(await find('**/*.tmp', '!keep.tmp')).to.deep.equal(['a.tmp']);
    write('dist/keep');
    expect(await find('dist', '!dist/keep')).to.deep.equal(['dist/a/b']);
  });

  it('never takes git, the files of the stack, dependencies or the memory; logs only where they are named', async () => {
    expect(await find('**/*.tmp')).to.deep.equal(['a.tmp', 'keep.tmp']);
    expect(await find('conf', '*.yaml', '*.json', '**/dist')).to.deep.equal(['dist/']);
    expect(await find('tmp/**')).to.deep.equal(['tmp/junk']);
    expect(await find('logs/**')).to.deep.equal(['logs/api.log', 'logs/api.log.1']);
    expect(await find('.server_memory.json')).to.deep.equal(['.server_memory.json']);
  });

  it('S4: never follows a link out of the project', async () => {
    symlinkSync(outer, at('link'));
    symlinkSync(path.join(outer, 'mine'), at('dist/mine'));
    expect(await find('link/mine', 'link/**', 'link/m*')).to.deep.equal([]);
    const { removed, failed } = await removeAll([{ path: at('dist'), isFolder: true }]);
    expect({ removed: removed.length, failed }).to.deep.equal({ removed: 1, failed: [] });
    expect(existsSync(path.join(outer, 'mine'))).to.equal(true);
    expect(existsSync(at('dist'))).to.equal(false);
  });

  it('tells what could not be removed, and goes on', async () => {
    const { removed, failed } = await removeAll([
      { path: at('dist'), isFolder: false },
      { path: at('a.tmp'), isFolder: false },
    ]);
    expect(removed.map(({ path: file }) => file)).to.deep.equal([at('a.tmp')]);
    expect(failed.map(({ path: file }) => file)).to.deep.equal([at('dist')]);
  });
});
