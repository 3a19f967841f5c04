import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { writeAtomically } from '../../lib/runtime/atomic-write.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('an atomic write', () => {
  let folder = '';
  let path = '';

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'muster-atomic-'));
    path = join(folder, 'file');
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const write = (text: string, mode = 0o600): ReturnType<typeof writeAtomically> =>
    writeAtomically({ path, chunks: [bytes(text)], mode });

  it('makes the file, replaces it, and leaves nothing beside it', async () => {
    expect((await write('one')).ok).to.equal(true);
    expect((await writeAtomically({ path, chunks: [bytes('t'), bytes(''), bytes('wo')], mode: 0o644 })).ok).to.equal(true);
    expect(readFileSync(path, 'utf8')).to.equal('two');
    expect(statSync(path).mode & 0o7777).to.equal(0o644);
    expect(readdirSync(folder)).to.deep.equal(['file']);
  });

  it('F42: is on the disk under its temporary name before it takes the place of the old, and the folder after it', async () => {
    writeFileSync(path, 'old');
    const handle = await open(path);
    const prototype = Object.getPrototypeOf(handle) as { sync: () => Promise<void> };
    await handle.close();
    const { sync } = prototype;
    /** Whenever something was synced: how many files there were, and what the file held. */
    const synced: string[] = [];
    prototype.sync = async function (this: FileHandle) {
      await sync.call(this);
      synced.push(`${readdirSync(folder).length} ${readFileSync(path, 'utf8')}`);
    };
    try {
      expect((await write('new')).ok).to.equal(true);
    } finally {
      prototype.sync = sync;
    }
    expect(synced).to.deep.equal(['2 old', '1 new']);
  });

  it('tells what it wrote by its mark', async () => {
    const outcome = await write('one');
    const { dev, ino, size, mtimeMs } = statSync(path);
    expect(outcome).to.deep.equal({ ok: true, mark: { dev, ino, size, mtimeMs } });
  });

  it('replaces a symbolic link, and not what it leads to', async () => {
    writeFileSync(join(folder, 'target'), 'precious');
    symlinkSync(join(folder, 'target'), path);
    await write('one');
    expect(readFileSync(join(folder, 'target'), 'utf8')).to.equal('precious');
    expect(readFileSync(path, 'utf8')).to.equal('one');
  });

  it('does not write through a link that was planted under its temporary name', async () => {
    writeFileSync(join(folder, 'target'), 'precious');
    for (let number = 0; number < 200; number++) symlinkSync(join(folder, 'target'), `${path}.tmp-${process.pid}-${number}`);
    expect((await write('one')).ok).to.equal(true);
    expect(readFileSync(join(folder, 'target'), 'utf8')).to.equal('precious');
  });

  it('says why it could not write, and removes what it began', async () => {
    mkdirSync(path);
    writeFileSync(join(path, 'inside'), '');
    expect((await write('one')).ok).to.equal(false);
    expect(readdirSync(folder)).to.deep.equal(['file']);
    rmSync(folder, { recursive: true });
    expect(await write('one')).to.deep.equal({ ok: false, code: 'ENOENT', reason: `${folder} is gone`, mark: null });
  });

  it('shows the old content until the new is complete, and stops at an error of the last step before', async () => {
    await write('old');
    const seen: string[] = [];
    const beforeReplace = async (): Promise<void> => {
      seen.push(readFileSync(path, 'utf8'));
    };
    await writeAtomically({ path, chunks: [bytes('new')], mode: 0o600, beforeReplace });
    expect(seen).to.deep.equal(['old']);
    const mistake = new TypeError('a bug');
    const failing = writeAtomically({
      path,
      chunks: [bytes('newer')],
      mode: 0o600,
      beforeReplace: () => Promise.reject(mistake),
    });
    expect(await failing.catch((error: unknown) => error)).to.equal(mistake);
    expect(readFileSync(path, 'utf8')).to.equal('new');
    expect(readdirSync(folder)).to.deep.equal(['file']);
  });

  it('many at once end with one of them, whole', async () => {
    const contents = Array.from({ length: 50 }, (_, index) => String(index).repeat(10_000));
    for (const outcome of await Promise.all(contents.map((content) => write(content)))) expect(outcome.ok).to.equal(true);
    expect(contents).to.include(readFileSync(path, 'utf8'));
    expect(readdirSync(folder)).to.deep.equal(['file']);
  });
});
