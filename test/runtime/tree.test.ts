import { expect } from 'chai';
import type { Marker, ProcessIdentity } from '../../lib/domain/process.ts';
import { openProcessTable } from '../../lib/runtime/processes/platform.ts';
import { findPsMarker, openPsTable, parsePsLine } from '../../lib/runtime/processes/ps-table.ts';
import { sendToMembers } from '../../lib/runtime/processes/signal.ts';
import { joined, type ProcessRow, type ProcessTable, type Snapshot } from '../../lib/runtime/processes/table.ts';
import { createTrees, type Membership, type Trees } from '../../lib/runtime/processes/tree.ts';
import { parseRows } from '../../lib/runtime/processes/windows-table.ts';
import { createProcessRig } from '../support/procs.ts';

const marker: Marker = { project: 'ab12', service: 'api', attempt: 2 };
const bootId = 'boot';

const row = (pid: number, parent: number, changes: Partial<ProcessRow> = {}): ProcessRow => ({
  pid,
  parent,
  group: pid,
  start: pid,
  marker: null,
  ...changes,
});

/** A system of rows that a test changes as it likes; no process of it exists. */
const createWorld = (): {
  rows: Map<number, ProcessRow>;
  sent: string[];
  table: ProcessTable;
  trees: Trees;
  set(...all: ProcessRow[]): Snapshot;
} => {
  const rows = new Map<number, ProcessRow>();
  const sent: string[] = [];
  const table: ProcessTable = {
    bootId,
    isCheap: true,
    read: (pid) => rows.get(pid) ?? null,
    startOf: (pid) => rows.get(pid)?.start ?? null,
    readMarker: (pid) => rows.get(pid)?.marker ?? null,
    scan: async () => Promise.resolve(new Map(rows)),
    scanMarked: async () => Promise.resolve(new Map(rows)),
    describe: () => ({ command: 'x', uid: null, user: null, since: null }),
    now: () => 1_000,
    send: (pid, signal) => {
      sent.push(`${signal} ${pid}`);
    },
  };
  const guard = () => ({
    isProtected: (pid: number) => pid < 2 || pid === 99,
    isProtectedGroup: (group: number) => group < 2 || group === 98,
  });
  const set = (...all: ProcessRow[]): Snapshot => {
    rows.clear();
    for (const one of all) rows.set(one.pid, one);
    return new Map(rows);
  };
  return { rows, sent, table, trees: createTrees(table, guard), set };
};

const identity = (pid: number, start = pid): ProcessIdentity => ({ pid, startTime: String(start), bootId });
const pidsOf = ({ rows }: Membership): number[] => rows.map(({ pid }) => pid).sort((a, b) => a - b);

describe('the tree of an attempt', () => {
  const tree = { leader: identity(100), marker };

  it('10 ─► 100 (leader) ─► 101, 102 in its group, 103 in a session of its own ─► 104', () => {
    const { trees, set } = createWorld();
    const snapshot = set(
      row(10, 1),
      row(100, 10),
      row(101, 100, { group: 100 }),
      row(102, 101, { group: 100 }),
      row(103, 100),
      row(104, 103),
    );
    const members = trees.members(tree, snapshot);
    expect(pidsOf(members)).to.deep.equal([100, 101, 102, 103, 104]);
    expect([...members.groups]).to.have.members([100, 103, 104]);
  });

  it('a marked one belongs wherever it is; a marker of a later attempt, another service or another project does not', () => {
    const { trees, set } = createWorld();
    const marked = (pid: number, changes: Partial<Marker>): ProcessRow => row(pid, 1, { marker: { ...marker, ...changes } });
    const snapshot = set(
      marked(20, {}),
      marked(21, { attempt: 1 }),
      marked(22, { attempt: 3 }),
      marked(23, { service: 'web' }),
      marked(24, { project: 'cd34' }),
    );
    expect(pidsOf(trees.members({ leader: null, marker }, snapshot))).to.deep.equal([20, 21]);
  });

  it('an orphan that was seen before is still known, and a stranger with its number is not', () => {
    const { trees, set } = createWorld();
    trees.members(tree, set(row(100, 10), row(101, 100)));
    expect(pidsOf(trees.members(tree, set(row(101, 1))))).to.deep.equal([101]);
    expect(pidsOf(trees.members(tree, set(row(101, 1, { start: 500 }))))).to.deep.equal([]);
  });

  it('F51: the group of a number that was used again belongs to the stranger', () => {
    const { trees, set } = createWorld();
    trees.members(tree, set(row(100, 10)));
    const snapshot = set(row(100, 10, { start: 2_000 }), row(201, 100, { group: 100, start: 2_001 }));
    expect(pidsOf(trees.members(tree, snapshot))).to.deep.equal([]);
    expect(trees.isMember(tree, 201)).to.equal(false);
  });

  it('the group stays ours as long as one lives in it who was there in time, and takes later ones with it', () => {
    const { trees, set } = createWorld();
    set(row(100, 10));
    trees.noteLeaderAlive(tree);
    const snapshot = set(row(101, 1, { group: 100, start: 500 }), row(102, 1, { group: 100, start: 5_000 }));
    expect(pidsOf(trees.members(tree, snapshot))).to.deep.equal([101, 102]);
  });

  it('never ourselves, our parents, our group or init, whatever marker they carry', () => {
    const { trees, set } = createWorld();
    const snapshot = set(
      row(1, 0, { marker }),
      row(99, 1, { marker }),
      row(97, 1, { group: 98, marker }),
      row(20, 1, { marker }),
    );
    expect(pidsOf(trees.members({ leader: null, marker }, snapshot))).to.deep.equal([20]);
  });

  it('a descendant that is marked for another stack has an owner of its own, and so have its children', () => {
    const { trees, set } = createWorld();
    const other: Marker = { project: 'cd34', service: 'db', attempt: 1 };
    const snapshot = set(row(100, 10), row(101, 100), row(102, 101, { marker: other }), row(103, 102, { marker: other }));
    expect(pidsOf(trees.members(tree, snapshot))).to.deep.equal([100, 101]);
    expect([103, 102, 101].map((pid) => trees.isMember(tree, pid))).to.deep.equal([false, false, true]);
  });

  it('a loop of parents, as reused numbers can make one, is no endless one', () => {
    const { trees, set } = createWorld();
    const snapshot = set(row(100, 102), row(101, 100), row(102, 101));
    expect(pidsOf(trees.members(tree, snapshot))).to.deep.equal([100, 101, 102]);
    expect(trees.isMember({ leader: null, marker }, 101)).to.equal(false);
  });

  describe('signals', () => {
    const guard = () => ({ isProtected: (pid: number) => pid === 99, isProtectedGroup: () => false });
    const isHeld = () => false;

    it('go to a group that is wholly ours at once, and to others one by one, each followed by a continue', () => {
      const { trees, set, table, sent } = createWorld();
      const members = trees.members(
        tree,
        set(row(100, 10), row(101, 100, { group: 100 }), row(102, 100, { group: 55 }), row(55, 1)),
      );
      const reached = sendToMembers({ table, guard, isHeld }, members, 'SIGTERM');
      expect(reached).to.have.length(3);
      expect(sent).to.deep.equal(['SIGTERM -100', 'SIGCONT -100', 'SIGTERM 102', 'SIGCONT 102']);
    });

    it('go one by one where the group holds somebody else', () => {
      const { trees, set, table, sent } = createWorld();
      const other: Marker = { project: 'cd34', service: 'db', attempt: 1 };
      const members = trees.members(tree, set(row(100, 10), row(101, 100, { group: 100, marker: other })));
      sendToMembers({ table, guard, isHeld }, members, 'SIGKILL');
      expect(sent).to.deep.equal(['SIGKILL 100']);
    });

    it('F58: do not go to a number that was given to somebody else since the list was made', () => {
      const { trees, set, table, sent } = createWorld();
      const members = trees.members(tree, set(row(100, 10), row(101, 100)));
      set(row(100, 10, { start: 2_000 }), row(101, 1, { start: 2_001 }));
      expect(sendToMembers({ table, guard, isHeld }, members, 'SIGKILL')).to.deep.equal([]);
      expect(sent).to.deep.equal([]);
    });

    it('F58: go without another look only to a child of ours that was not waited for, and that leads its group', () => {
      const { trees, set, table, sent, rows } = createWorld();
      const members = trees.members(tree, set(row(100, 10), row(101, 100, { group: 55 }), row(55, 1)));
      rows.clear();
      const held = { table, guard, isHeld: (pid: number, start: string) => pid === 100 && start === '100' };
      expect(sendToMembers(held, members, 'SIGKILL').map(({ pid }) => pid)).to.deep.equal([100]);
      expect(sent).to.deep.equal(['SIGKILL -100']);
      const other = { ...held, isHeld: (pid: number, start: string) => pid === 100 && start === '99' };
      expect(sendToMembers(other, members, 'SIGKILL')).to.deep.equal([]);
    });
  });

  it('many who ask for the list of processes at once get one, and who asks while it is made gets the next', async () => {
    let runs = 0;
    let release: () => void = () => undefined;
    const list = joined(async () => {
      runs += 1;
      const run = runs;
      await new Promise<void>((resolve) => {
        release = resolve;
        setImmediate(resolve);
      });
      return run;
    });
    const first = [list(), list(), list()];
    expect(await Promise.all(first)).to.deep.equal([1, 1, 1]);
    const second = list();
    await new Promise((resolve) => {
      setImmediate(() => setImmediate(resolve));
    });
    const third = [list(), list()];
    release();
    expect(await Promise.all([second, ...third])).to.deep.equal([2, 3, 3]);
  });
});

describe('systems without /proc', () => {
  it('a line of ps is read, and a zombie is dead', () => {
    expect(parsePsLine('  512     1   512 Ss   Mon Jan  5 10:11:12 2026\n')).to.deep.equal({
      pid: 512,
      parent: 1,
      group: 512,
      start: new Date(2026, 0, 5, 10, 11, 12).getTime() / 1000,
    });
    expect(parsePsLine('  512     1   512 Z    Mon Jan  5 10:11:12 2026\n')).to.equal(null);
    expect(parsePsLine('')).to.equal(null);
  });

  it('a marker is found in what ps prints of an environment', () => {
    expect(findPsMarker('  512 sleep 600 A=1 MUSTER_INSTANCE=ab12/web/3 B=2')).to.deep.equal({
      project: 'ab12',
      service: 'web',
      attempt: 3,
    });
    expect(findPsMarker('  512 sleep 600 NOT_MUSTER_INSTANCE=ab12/web/3')).to.equal(null);
  });

  it('the table of ps tells of a real process what /proc tells', async () => {
    const rig = createProcessRig();
    try {
      const { running, marker: own } = await rig.start(null);
      const table = openPsTable();
      const stat = table.read(running.identity.pid);
      expect(stat).to.include({ pid: running.identity.pid, parent: process.pid, group: running.identity.pid });
      expect(table.readMarker(running.identity.pid)).to.deep.equal(own);
      const listed = (await table.scan()).get(running.identity.pid);
      expect(listed).to.deep.equal({ ...stat, start: listed?.start, marker: own });
      // Its start is rounded to seconds, and from two calls not always alike.
      expect(listed?.start).to.be.closeTo(stat?.start ?? 0, 1);
      expect(table.describe(stat ?? { pid: 0, parent: 0, group: 0, start: 0 })).to.include({
        command: 'sleep 600',
        uid: process.getuid?.(),
      });
      expect(table.read(4_194_304)).to.equal(null);
    } finally {
      await rig.cleanUp();
    }
  });

  it('those with a marker are told of as in the list of all', async () => {
    const rig = createProcessRig();
    try {
      const { running, marker: own } = await rig.start(null);
      const table = openProcessTable();
      const { pid } = running.identity;
      const marked = await table.scanMarked();
      expect(marked.get(pid)?.marker).to.deep.equal(own);
      expect(marked.get(pid)).to.deep.equal((await table.scan()).get(pid));
      expect([...marked.values()].filter(({ marker }) => marker === null)).to.deep.equal([]);
    } finally {
      await rig.cleanUp();
    }
  });

  it('a list of Windows is read, with a command line or without', () => {
    expect(parseRows('4 0 1767607872000 \r\n512 4 1767607873000 "C:\\Program Files\\node.exe" a b\r\n')).to.deep.equal([
      { stat: { pid: 4, parent: 0, group: 4, start: 1_767_607_872_000 }, command: '' },
      { stat: { pid: 512, parent: 4, group: 512, start: 1_767_607_873_000 }, command: '"C:\\Program Files\\node.exe" a b' },
    ]);
  });
});
