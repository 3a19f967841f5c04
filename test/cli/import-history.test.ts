import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { emptyHistory, type History } from '../../lib/domain/history.ts';
import type { CommandContext } from '../../lib/interfaces/cli/context.ts';
import { type ImportRequest, importHistory } from '../../lib/interfaces/cli/import-history.ts';
import { createOutput, type Output } from '../../lib/interfaces/cli/output.ts';
import { openMemoryFile } from '../../lib/interfaces/open-memory.ts';
import { projectId } from '../../lib/runtime/identity.ts';
import { acquireLock } from '../../lib/runtime/lock.ts';
import { createMemoryFile, emptyMemory } from '../../lib/runtime/memory-file.ts';
import { readIdentity } from '../../lib/runtime/processes/read-identity.ts';
import { runtimeDir } from '../../lib/runtime/runtime-dir.ts';
import { aBoot, aRun } from '../support/runs.ts';

const defined = { names: ['api'], definitions: [aBoot(10).definitionHash] };

const history = (...uids: readonly string[]): History => ({
  ...emptyHistory,
  runs: uids.map((uid, index) => aRun(index + 1, { api: aBoot(10) }, { uid })),
});

describe('stats --import', () => {
  let folder: string;
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'muster-import-')));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const aListener = (): { readonly output: Output; readonly said: string[] } => {
    const said: string[] = [];
    const output = createOutput({ open: () => process.stdout, env: {}, noColor: true });
    return { said, output: { ...output, line: (text) => void said.push(text) } };
  };

  const runImport = async (file: string, flags: readonly string[] = [], known: ImportRequest['known'] = defined) => {
    const [out, err] = [aListener(), aListener()];
    const context = {
      args: { flag: (name) => flags.includes(name), text: () => null, list: () => [], positionals: [], rest: [] },
      cwd: folder,
      env: { XDG_RUNTIME_DIR: folder },
      stdout: out.output,
      stderr: err.output,
      load: async () => null,
    } as Partial<CommandContext> as CommandContext;
    return { code: await importHistory(context, { root: folder, file, known }), out: out.said, err: err.said };
  };

  /** As a CI's cache would bring it: another folder, another machine, another user. */
  const writeTheirs = (theirs: History): Promise<unknown> =>
    createMemoryFile({
      path: join(folder, 'ci.json'),
      root: '/ci/build',
      facts: { uid: process.getuid?.() ?? null, machine: 'other', bootId: 'other' },
    }).save({ ...emptyMemory, history: theirs });

  const ownRuns = async (): Promise<string[]> =>
    (await (await openMemoryFile(folder)).read()).memory.history.runs.map(({ id, uid }) => `${id} ${uid}`);

  it('says which services are not of this stack, and whether any is defined as here: it may be the memory of another project', async () => {
    await writeTheirs({ ...emptyHistory, runs: [aRun(1, { api: aBoot(10), 'web-2': aBoot(10), shop: aBoot(10) })] });
    const said = async (names: readonly string[], definitions: readonly string[]): Promise<string> => {
      rmSync(join(folder, '.server_memory.json'), { force: true });
      return (await runImport('ci.json', [], { names, definitions })).err.join();
    };
    const theirs = aBoot(10).definitionHash;
    expect(await said(['api', 'web', 'shop'], [theirs])).to.equal('');
    expect(await said(['api', 'web', 'shop'], ['other'])).to.match(/no service in ci\.json was ever defined as it is here/);
    expect(await said(['api', 'web'], [theirs])).to.match(/1 of the 3 services in ci\.json is not of this stack \(shop\)$/);
    expect(await said(['api'], ['other'])).to.match(/2 of the 3 .* \(web-2, shop\), and no other .* memory of another project/);
    expect(await said(['db'], ['other'])).to.match(
      /3 of the 3 .* \(api, web-2, shop\): it looks like the memory of another project/,
    );
  });

  it('takes the boots that are new, says how many, and leaves the file as it was', async () => {
    await writeTheirs(history('b', 'c', 'd'));
    await (await openMemoryFile(folder)).save({ ...emptyMemory, history: history('a', 'b') });
    const before = readFileSync(join(folder, 'ci.json'));
    expect(await runImport('ci.json')).to.deep.equal({
      code: 0,
      out: ['2 boots of ci.json imported; 1 had been known'],
      err: [],
    });
    expect((await ownRuns()).map((run) => run.slice(-1)).toSorted()).to.deep.equal(['a', 'b', 'c', 'd']);
    expect(readFileSync(join(folder, 'ci.json'))).to.deep.equal(before);
    expect(await runImport('ci.json')).to.deep.include({ out: ['nothing new: all 3 boots of ci.json had been known'] });
    expect((await runImport('ci.json', ['json'])).out).to.deep.equal(['{"imported":0,"inFile":3}']);
  });

  it('begins a memory where there was none', async () => {
    await writeTheirs(history('x'));
    expect(await runImport('ci.json')).to.deep.equal({ code: 0, out: ['1 boot of ci.json imported'], err: [] });
    expect(await ownRuns()).to.deep.equal(['1 x']);
  });

  it('says what is wrong with a file that cannot be read, and changes nothing', async () => {
    writeFileSync(join(folder, 'bad.json'), 'x');
    expect(await runImport('missing.json')).to.deep.include({
      code: 2,
      err: [`muster stats: ${join(folder, 'missing.json')} does not exist`],
    });
    expect((await runImport('bad.json')).err[0]).to.match(/^muster stats: bad\.json is cut off or damaged/);
    expect(await ownRuns()).to.deep.equal([]);
  });

  it('F11: leaves the memory to the supervisor that has it', async () => {
    await writeTheirs(history('x'));
    const place = runtimeDir(projectId(folder), { XDG_RUNTIME_DIR: folder });
    const self = readIdentity(process.pid);
    if (!place.ok || self === null) throw new Error('no runtime folder');
    const lock = await acquireLock({ folder: place.path, self, isAlive: () => true });
    if (!lock.ok) throw new Error('the lock is held');
    const { code, err } = await runImport('ci.json');
    await lock.release();
    expect(code).to.equal(5);
    expect(err).to.deep.equal([
      `muster stats: the stack is up, and its supervisor (pid ${process.pid}) keeps the memory; import after "muster down"`,
    ]);
    expect(await ownRuns()).to.deep.equal([]);
  });
});
