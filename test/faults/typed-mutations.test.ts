import { mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { buildGraph } from '../../lib/domain/graph.ts';
import type { RecordedService } from '../../lib/domain/recorded.ts';
import { journalIn, readJournal } from '../../lib/runtime/journal.ts';
import { acquireLock } from '../../lib/runtime/lock.ts';
import { openDocument } from '../../lib/runtime/memory-file/format.ts';
import { createProcesses } from '../../lib/runtime/processes/create.ts';
import { endPolitely } from '../../lib/runtime/processes/end-politely.ts';
import type { ProcessRow } from '../../lib/runtime/processes/table.ts';
import { readStackNote, type StackNote } from '../../lib/runtime/stack-note.ts';
import { sortOutSurvivors } from '../../lib/supervisor/survival.ts';
import { aMemory, anIdentity, aRecorded, aRig, dropFolders, parse, previousName, sealText } from '../runtime/memory-rig.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createFakeTable } from '../support/fake-table.ts';
import { mutateJson } from '../support/mutate-json.ts';
import { createRandom } from '../support/random.ts';
import { aDependency, aService, aStack } from '../support/stacks.ts';

/** `MUSTER_SEED` runs what was run before. */
const firstSeed = Number(process.env.MUSTER_SEED ?? Math.floor(Math.random() * 1e9));
const count = 10_000;
const project = 'ab12cd34ab12cd34';
const bootId = 'boot';

// web ─► api ─► db
const stack = aStack([
  aService('db'),
  aService('api', { dependsOn: [aDependency('db')] }),
  aService('web', { dependsOn: [aDependency('api')] }),
]);
const graph = buildGraph(stack.services);

const row = (pid: number, service: string | null, changes: Partial<ProcessRow> = {}): ProcessRow => ({
  pid,
  parent: 1,
  group: pid,
  start: pid + 100_000,
  marker: service === null ? null : { project, service, attempt: 1 },
  ...changes,
});

/** The processes of the stack, a worker among them; and strangers: one alone, a group, a service of another project. */
const ours = [row(5001, 'db'), row(5002, 'api'), row(5003, 'web'), row(5004, 'api', { group: 5002, parent: 5002 })];
const strangers = [
  row(7001, null),
  row(7002, null),
  row(7003, null, { group: 7002, parent: 7002 }),
  row(7004, 'api', { marker: { project: 'ffffffffffffffff', service: 'api', attempt: 1 } }),
];

const identityOf = ({ pid, start }: ProcessRow) => anIdentity(pid, { startTime: String(start), bootId });
const [db, api, web] = ours.map(identityOf);
const running: Readonly<Record<string, RecordedService>> = {
  db: aRecorded({ process: db ?? null, definitionHash: 'db' }),
  api: aRecorded({ process: api ?? null, definitionHash: 'api', ports: [{ name: null, port: 3001 }] }),
  web: aRecorded({ process: web ?? null, definitionHash: 'web', state: 'stopping', askedAt: 1_700_000_000_000, next: 'stopped' }),
};

/** What leads to a stranger where it is believed: numbers, times and whole identities of them, and what no service can be. */
const harmful: readonly string[] = [
  ...strangers.flatMap((stranger) => [String(stranger.pid), `"${stranger.start}"`, JSON.stringify(identityOf(stranger))]),
  ...ours.flatMap((own) => [String(own.pid), `"${own.start}"`, JSON.stringify(identityOf(own))]),
  ...[process.pid, process.ppid, 1, 0, -1, -7002].map(String),
];

/** Of those, what no living stranger has as a whole: a file of ours that names one is a file that we wrote. */
const swappable = harmful.filter((text) => !text.startsWith('{'));

/** Takes over or ends what is recorded, then stops all of it: who got a signal. */
const actOn = async (recorded: Readonly<Record<string, RecordedService>>): Promise<ReadonlySet<number>> => {
  const { table, hit } = createFakeTable([...ours, ...strangers], bootId);
  const processes = createProcesses(table);
  const clock = createFakeClock();
  const { resumption } = await sortOutSurvivors({ stack, graph, runtime: { processes, clock }, project, recorded });
  for (const [service, { number, as }] of resumption.adoptions) {
    if (as.kind !== 'running' && as.kind !== 'stopping') continue;
    const tree = { leader: as.identity, marker: { project, service, attempt: number } };
    await endPolitely({ processes, clock, tree, signal: 'SIGTERM', grace: 5_000 });
  }
  return hit;
};

const expectBelievable = (recorded: Readonly<Record<string, RecordedService>>, when: string): void => {
  for (const { process: known, attempt, ports } of Object.values(recorded)) {
    const pid = known?.pid ?? 2;
    const isPid = Number.isSafeInteger(pid) && pid > 1 && pid < 2 ** 30;
    const areWhole = [attempt, ...ports.map(({ port }) => port)].every((number) => Number.isSafeInteger(number) && number >= 0);
    expect(isPid && areWhole, `${when}: pid ${pid}, attempt ${attempt}`).to.equal(true);
  }
};

/** What was read without a word is what stands there: nothing else, and nothing less, but for what would be ourselves. */
const expectNothingLeftOut = (recorded: Readonly<Record<string, RecordedService>>, body: string, when: string): void => {
  const { running: written } = parse<{ running: Readonly<Record<string, RecordedService>> }>(body);
  const isOurself = ({ process: known }: RecordedService): boolean => [process.pid, process.ppid].includes(known?.pid ?? 0);
  const expected = Object.entries(written).filter(([, entry]) => !isOurself(entry));
  const toFacts = ([name, entry]: readonly [string, RecordedService]) => [
    name,
    entry.process ?? null,
    entry.attempt,
    entry.state,
  ];
  expect(Object.entries(recorded).map(toFacts), when).to.deep.equal(expected.map(toFacts));
};

/** A file of its own each time: one that is cut to nothing and written anew is brought to the disk at once. */
const writeAnew = (path: string, text: string): void => {
  rmSync(path, { force: true });
  writeFileSync(path, text, { mode: 0o600 });
};

const strangersIn = (hit: ReadonlySet<number>): number[] => [...hit].filter((pid) => pid >= 7000 || pid < 5000);

describe(`what a killed supervisor had written, with changed types, numbers, places and names (seed ${firstSeed})`, () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'muster-typed-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(dropFolders);

  it('what is not changed is taken over, and all of it gets its stop', async () => {
    expect([...(await actOn(running))]).to.have.members(ours.map(({ pid }) => pid));
  });

  it(`F31, F34, F36, F50, F52: ${count} memory files: none crashes, none is believed in silence, and no stranger gets a signal`, async function () {
    this.timeout(300_000);
    const rig = aRig();
    await rig.file.save(aMemory({ running, supervisor: anIdentity(5000) }));
    const whole = rig.text();
    const header = whole.slice(0, whole.indexOf('\n') + 1);
    const { checksum: _checksum, format: _format, version: _version, ...document } = parse<Record<string, unknown>>(whole);
    const told = { damaged: 0, leftOut: 0, whole: 0 };
    for (let seed = firstSeed; seed < firstSeed + count; seed += 1) {
      const body = mutateJson(document, createRandom(seed), harmful);
      // As a broken disk or an editor leaves it: the checksum is of something else.
      expect(openDocument(Buffer.from(`${header}${body.slice(1)}\n`)).kind, `seed ${seed}`).to.equal('damaged');
      // What the one before left, also what was kept aside with the damage in it.
      for (const name of rig.names()) unlinkSync(join(rig.folder, name));
      // As one who knows the format plants it: the checksum is right.
      rig.put(sealText(body));
      rig.put(whole, previousName);
      const { memory, warning } = await rig.reopen().read();
      expectBelievable(memory.running, `seed ${seed}`);
      if (warning === null) expectNothingLeftOut(memory.running, body, `seed ${seed}`);
      told[warning === null ? 'whole' : /made no sense/.test(warning) ? 'leftOut' : 'damaged'] += 1;
      expect(strangersIn(await actOn(memory.running)), `seed ${seed}: strangers that got a signal`).to.deep.equal([]);
    }
    expect(({} as Record<string, unknown>).polluted).to.equal(undefined);
    // Else all of them stop at the same first door.
    for (const [how, often] of Object.entries(told)) expect(often, how).to.be.above(count / 100);
  });

  it(`F18, F34, F36, F50, F52: ${count} journals: none crashes, and no stranger gets a signal`, async function () {
    this.timeout(300_000);
    const told = { something: 0, nothing: 0 };
    for (let seed = firstSeed; seed < firstSeed + count; seed += 1) {
      const random = createRandom(seed);
      const lines = [
        mutateJson({ supervisor: anIdentity(5000) }, random, harmful),
        JSON.stringify({ supervisor: anIdentity(5000) }),
        mutateJson({ running }, random, harmful),
        mutateJson({ running: { api: running.api } }, random, harmful),
      ];
      writeAnew(journalIn(folder), lines.filter(() => random.chance(0.8)).join('\n'));
      const { predecessor, recorded } = readJournal(journalIn(folder), bootId);
      expect(predecessor === null || predecessor.pid > 0, `seed ${seed}`).to.equal(true);
      expectBelievable(recorded, `seed ${seed}`);
      told[Object.keys(recorded).length > 0 ? 'something' : 'nothing'] += 1;
      expect(strangersIn(await actOn(recorded)), `seed ${seed}: strangers that got a signal`).to.deep.equal([]);
    }
    for (const [how, often] of Object.entries(told)) expect(often, how).to.be.above(count / 100);
  });

  it('F34, F52: 2,000 notes of who holds a stack, and 500 locks: none crashes, and none makes somebody else its holder', async () => {
    const note: StackNote = { root: '/x', name: 'x', environment: 'development', supervisor: anIdentity(5000), since: 1 };
    const { isAlive } = createProcesses(createFakeTable(strangers, bootId).table);
    for (let seed = firstSeed; seed < firstSeed + 2_000; seed += 1) {
      writeAnew(join(folder, 'stack.json'), mutateJson(note, createRandom(seed), swappable));
      const supervisor = readStackNote(folder)?.supervisor;
      expect(supervisor !== undefined && isAlive(supervisor), `seed ${seed}`).to.equal(false);
    }
    for (let seed = firstSeed; seed < firstSeed + 500; seed += 1) {
      writeAnew(join(folder, 'lock.1'), mutateJson(anIdentity(5000), createRandom(seed), swappable));
      const outcome = await acquireLock({ folder, self: anIdentity(5001), isAlive });
      expect(outcome.ok, `seed ${seed}`).to.equal(true);
      if (outcome.ok) await outcome.release();
    }
  });
});
