import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { decodeDocument } from '../../lib/runtime/memory-file/decode.ts';
import { openDocument } from '../../lib/runtime/memory-file/format.ts';
import {
  foldedShape,
  objectOf,
  projectShape,
  runningShape,
  runShape,
  type Shape,
  timelineShape,
} from '../../lib/runtime/memory-file/shape.ts';
import { emptyMemory } from '../../lib/runtime/memory-file.ts';
import {
  aMemory,
  anIdentity,
  aRecorded,
  aRig,
  asUser,
  asUserUid,
  dropFolders,
  memoryName,
  parse,
  previousName,
  type Rig,
  works,
} from './memory-rig.ts';

/** Two saves: the second is in place, the first is its previous copy. */
const aSavedRig = async (): Promise<Rig> => {
  const rig = aRig();
  await rig.file.save({ ...aMemory(), supervisor: anIdentity(10) });
  await rig.file.save({ ...aMemory(), supervisor: anIdentity(11) });
  return rig;
};

const asides = (rig: Rig): string[] => rig.names().filter((name) => name.includes('.corrupt-'));

const supervisorOf = (text: string): number => parse<{ supervisor: { pid: number } }>(text).supervisor.pid;

/** One warning, the previous copy is used, the damaged thing is kept, and the next save mends it all. */
const expectRecovery = async (rig: Rig, what: RegExp): Promise<void> => {
  const file = rig.reopen();
  const { memory, warning, writable } = await file.read();
  expect(warning).to.match(what);
  expect(writable).to.equal(true);
  expect(memory.supervisor?.pid).to.equal(10);
  expect(asides(rig)).to.have.lengthOf(1);
  expect(warning).to.include(asides(rig)[0]);
  expect(await file.save(memory)).to.deep.equal({ ok: true });
  expect(await rig.reopen().read()).to.deep.equal({ memory, warning: null, writable: true });
  expect(supervisorOf(rig.text(previousName))).to.equal(10);
};

describe('a damaged memory (H1)', () => {
  afterEach(dropFolders);

  it('F30: every cut is noticed', async () => {
    const rig = await aSavedRig();
    const bytes = readFileSync(rig.path);
    for (let length = 0; length < bytes.length; length++)
      expect(openDocument(bytes.subarray(0, length)).kind).to.equal('damaged');
    expect(openDocument(bytes).kind).to.equal('whole');
  });

  it('F31: every flipped bit is noticed', async () => {
    const rig = await aSavedRig();
    const bytes = readFileSync(rig.path);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const [at, mask] = [bit >> 3, 1 << (bit & 7)];
      bytes[at] = (bytes[at] ?? 0) ^ mask;
      expect(openDocument(bytes).kind, `bit ${bit}`).to.equal('damaged');
      bytes[at] = (bytes[at] ?? 0) ^ mask;
    }
  });

  it('H1: a truncated, an empty and a foreign file: the previous copy is used, and the old bytes are kept', async () => {
    for (const [what, damage] of [
      [/is cut off or damaged/, (rig: Rig) => truncateSync(rig.path, 8)],
      [/is damaged \(its checksum does not match\)/, (rig: Rig) => truncateSync(rig.path, 300)],
      [/is empty/, (rig: Rig) => truncateSync(rig.path, 0)],
      [/is cut off or damaged/, (rig: Rig) => rig.put(Buffer.from([0xff, 0xfe, 0x00]))],
    ] as const) {
      const rig = await aSavedRig();
      damage(rig);
      const bytes = readFileSync(rig.path);
      await expectRecovery(rig, what);
      expect(readFileSync(join(rig.folder, asides(rig)[0] ?? ''))).to.deep.equal(bytes);
    }
  });

  it('F32: reading it twice before it is mended keeps it once, and never more than three are kept', async () => {
    const rig = await aSavedRig();
    for (let round = 0; round < 5; round++) {
      rig.put(`damage ${round}`);
      const file = rig.reopen();
      await file.read();
      await file.read();
      await rig.reopen().read();
      expect(asides(rig)).to.have.lengthOf(Math.min(round + 1, 3));
      await file.save(aMemory());
    }
    expect(asides(rig).map((name) => rig.text(name))).to.deep.equal(['damage 2', 'damage 3', 'damage 4']);
  });

  it('F33: both copies damaged: all is forgotten, and that is said', async () => {
    const rig = await aSavedRig();
    rig.put('');
    rig.put('x', previousName);
    const { memory, warning } = await rig.reopen().read();
    expect(memory).to.deep.equal(emptyMemory);
    expect(warning).to.match(
      /is empty, and its previous copy is cut off or damaged: the boots that it remembered are forgotten, and the damaged one is kept/,
    );
  });

  it('F34: a wrong type in any field drops that entry, names the field, and keeps the rest', async () => {
    const rig = aRig();
    await rig.file.save(aMemory());
    type Fields = Record<string, unknown>;
    type Document = {
      project: Fields;
      running: Record<string, Fields>;
      history: { folded: Record<string, Fields>; runs: { services: Record<string, Fields> }[] };
    };
    const places: [Shape, string, (document: Document) => Fields | undefined][] = [
      [runningShape, 'running.api', (document) => document.running.api],
      [foldedShape, 'history.folded.api', (document) => document.history.folded.api],
      [runShape, 'history.runs[1]', (document) => document.history.runs[1]],
      [timelineShape, 'history.runs[0].services.db', (document) => document.history.runs[0]?.services.db],
      [projectShape, 'project', (document) => document.project],
    ];
    for (const [shape, at, pick] of places) {
      for (const key of Object.keys(shape)) {
        for (const wrong of [-1, 1.5, Number.NaN, 'wrong', true, [], {}, [[]], { x: 1 }, 1e300]) {
          const document = parse<Document>(rig.text());
          Object.assign(pick(document) ?? {}, { [key]: wrong });
          const fits = objectOf(shape)(pick(document), at) === null;
          const { faults, memory } = decodeDocument(document);
          if (fits) expect(faults).to.deep.equal([]);
          else
            expect(faults.join(), `${at}.${key}`).to.match(
              new RegExp(`^${at.replaceAll(/[.[\]]/g, '\\$&')}\\.${key}[^,]*: expected`),
            );
          expect(memory.running).to.include.keys('db');
          expect(memory.history.runs.map(({ id }) => id)).to.include(1);
        }
      }
    }
  });

  it('F34: names what was left out, in one sentence', async () => {
    const rig = aRig();
    await rig.putDocument((document) => {
      document.running = { api: { ...aRecorded(), attempt: 'two' }, db: aRecorded() };
    });
    const { memory, warning } = await rig.reopen().read();
    expect(memory.running).to.have.all.keys('db');
    expect(memory.history.runs).to.have.lengthOf(2);
    expect(warning).to.equal(
      `one entry of ${memoryName} made no sense and was left out (running.api.attempt: expected a whole number)`,
    );
  });

  it('F52: pids that no service can have are refused', async () => {
    for (const pid of [0, 1, -1, process.pid, process.ppid, 1_073_741_824, '12; rm', 3.5]) {
      const rig = aRig();
      await rig.putDocument((document) => {
        document.running = { api: aRecorded({ process: anIdentity(pid as number) }), db: aRecorded() };
      });
      expect((await rig.reopen().read()).memory.running, String(pid)).to.have.all.keys('db');
    }
  });

  it('F35: null, lists, texts, huge numbers and 100,000 levels are no memory, with and without a right checksum', async () => {
    for (const content of [
      'null',
      '[]',
      '"x"',
      '1e999',
      '['.repeat(100_000) + ']'.repeat(100_000),
      '{"running":'.repeat(100_000),
    ]) {
      const rig = await aSavedRig();
      rig.put(content);
      await expectRecovery(rig, /is (cut off or damaged|damaged or not a memory of muster)/);
    }
    for (const value of [null, [], 'x', 1e308, { running: [[[[]]]] }]) {
      const { memory, faults } = decodeDocument(value);
      expect(memory).to.deep.equal(emptyMemory);
      expect(faults).to.not.deep.equal([]);
    }
  });

  it('F36: __proto__ and constructor as keys pollute nothing', async () => {
    const rig = aRig();
    const planted = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}';
    await rig.putDocument((document) => {
      document.running = parse(planted);
      document.history = { ...parse<object>(planted), folded: parse(planted), runs: [parse(planted)] };
    });
    const { memory, warning } = await rig.reopen().read();
    expect(({} as Record<string, unknown>).polluted).to.equal(undefined);
    expect(Object.getPrototypeOf(memory.running)).to.equal(Object.prototype);
    expect(memory.running).to.deep.equal({});
    expect(warning).to.include('"__proto__" is no name of a service');
  });

  it('F37: a newer version is left alone, says so, and is used again when it is moved away', async () => {
    for (const content of [
      '{"version": 99, "anything": true}',
      '{"format":"muster-memory","version":2,"checksum":"sha256:abc","x":1}',
    ]) {
      const rig = aRig();
      rig.put(content);
      const file = rig.reopen();
      const { memory, warning, writable } = await file.read();
      expect(memory).to.deep.equal(emptyMemory);
      expect(writable).to.equal(false);
      expect(warning).to.match(/was written by a newer muster \(version (99|2)\): upgrade muster, or move the file away/);
      expect((await file.save(aMemory())).ok).to.equal(false);
      expect(rig.text()).to.equal(content);
      expect(rig.names()).to.deep.equal([memoryName]);
      rig.put('');
      expect(await file.save(aMemory())).to.deep.equal({ ok: true });
    }
  });

  it('F39: a file of 500 MB is refused by its size', async () => {
    const rig = await aSavedRig();
    truncateSync(rig.path, 500_000_000);
    await expectRecovery(rig, /is too large \(500 MB\)/);
  });

  it('F47: a directory in its place is moved aside with what is in it', async () => {
    const rig = await aSavedRig();
    rmSync(rig.path);
    mkdirSync(rig.path);
    writeFileSync(join(rig.path, 'precious'), 'x');
    await expectRecovery(rig, /is a directory and no file/);
    expect(existsSync(join(rig.folder, asides(rig)[0] ?? '', 'precious'))).to.equal(true);
  });

  it('F47, S-17: a symbolic link is not followed, and its target is untouched', async () => {
    const rig = await aSavedRig();
    const target = join(rig.folder, 'bashrc');
    writeFileSync(target, 'precious');
    rmSync(rig.path);
    symlinkSync(target, rig.path);
    await expectRecovery(rig, /is a symbolic link and no file/);
    expect(readFileSync(target, 'utf8')).to.equal('precious');
    expect(lstatSync(rig.path).isFile()).to.equal(true);
  });

  it('F47: a FIFO is not opened, so nothing hangs', async function () {
    const rig = await aSavedRig();
    rmSync(rig.path);
    if (!works('mkfifo', rig.path)) this.skip();
    await expectRecovery(rig, /is a FIFO and no file/);
  });

  it('F47: a socket in its place is moved aside', async () => {
    const rig = await aSavedRig();
    rmSync(rig.path);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(rig.path, resolve));
    try {
      await expectRecovery(rig, /is a socket and no file/);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('F44: a file of ours that we may not read is kept aside, and the previous copy is used', async () => {
    const rig = aRig();
    await asUser(rig.folder, async () => {
      const file = rig.reopen({ uid: asUserUid });
      await file.save({ ...aMemory(), supervisor: anIdentity(20) });
      await file.save({ ...aMemory(), supervisor: anIdentity(21) });
      chmodSync(rig.path, 0o000);
      const { memory, warning, writable } = await rig.reopen({ uid: asUserUid }).read();
      expect(warning).to.match(/cannot be read \(permission denied; chmod 600 mends it\): its previous copy is used/);
      expect(memory.supervisor?.pid).to.equal(20);
      expect(writable).to.equal(true);
    });
  });
});
