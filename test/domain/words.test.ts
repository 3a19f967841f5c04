import { expect } from 'chai';
import type { PortHolder, PortRefusal } from '../../lib/domain/process.ts';
import type { Failure } from '../../lib/domain/state.ts';
import {
  describeExit,
  describeFailure,
  describeRefusal,
  describeSurvivors,
  formatDuration,
  toPredicate,
} from '../../lib/domain/words.ts';

const holder: PortHolder = {
  port: 3000,
  address: '127.0.0.1',
  process: { pid: 812, startTime: '1', bootId: 'b' },
  uid: 1000,
  user: 'ann',
  command: 'node server.js',
  since: 36_120_000,
  marker: null,
};

const refusal = (why: PortRefusal['why'], ...holders: PortHolder[]): PortRefusal => ({ port: 3000, why, holders });
const toTime = (epoch: number): string => new Date(epoch).toISOString().slice(11, 16);

describe('words', () => {
  const durations: readonly (readonly [ms: number, text: string])[] = [
    [-3, '0 ms'],
    [0, '0 ms'],
    [0.4, '0 ms'],
    [850, '850 ms'],
    [999.4, '999 ms'],
    [999.6, '1.0 s'],
    [4_249, '4.2 s'],
    [59_949, '59.9 s'],
    [59_951, '1m 0s'],
    [90_000, '1m 30s'],
    [3_599_600, '1h 0m'],
    [7_500_000, '2h 5m'],
    [86_400_000 * 3 + 3_600_000 * 4, '3d 4h'],
  ];
  for (const [ms, text] of durations) it(`${ms} ms are told as ${text}`, () => expect(formatDuration(ms)).to.equal(text));

  it('tells how a process ended', () => {
    expect(describeExit({ code: 3, signal: null })).to.equal('exited with code 3');
    expect(describeExit({ code: null, signal: 'SIGKILL' })).to.equal('was ended by SIGKILL');
    expect(describeExit({ code: null, signal: null })).to.equal('died unseen, exit code unknown');
  });

  it('G2: names pid, command, user and since when of the holder of a port', () => {
    expect(describeRefusal(refusal('stranger', holder), toTime)).to.equal(
      'port 3000 is held by pid 812 (node server.js), user ann, since 10:02',
    );
    expect(describeRefusal(refusal('stranger', holder))).to.equal('port 3000 is held by pid 812 (node server.js), user ann');
  });

  it('names another stack of muster by its folder, where it is known, and a user without a name', () => {
    const other: PortHolder = { ...holder, user: null, marker: { project: 'beef', service: 'db', attempt: 1 } };
    expect(describeRefusal(refusal('stranger', other))).to.equal(
      'port 3000 is held by pid 812 (node server.js), service db of a muster stack, user 1000',
    );
    expect(describeRefusal(refusal('stranger', { ...other, root: '/srv/copy' }))).to.match(
      /, service db of the stack in \/srv\/copy, user/,
    );
  });

  it('G3: says that the holder cannot be seen, and guesses nothing', () => {
    const hidden: PortHolder = { ...holder, process: null, command: null };
    expect(describeRefusal(refusal('invisible', hidden))).to.equal(
      'port 3000 is held by a process that cannot be seen from here, of user ann',
    );
    expect(describeRefusal(refusal('invisible'))).to.equal('port 3000 is held by a process that cannot be seen from here');
  });

  it('tells the other reasons for which a port is not had', () => {
    expect(describeRefusal(refusal('stuck', holder))).to.match(/^port 3000 is still held by pid 812 .* does not let go$/);
    expect(describeRefusal(refusal('none-free'))).to.equal('no free port was found from 3000 on');
    expect(describeRefusal(refusal('service-said-in-use', holder))).to.equal(
      'it says that port 3000 is in use, which is held by pid 812 (node server.js), user ann',
    );
  });

  const failures: readonly (readonly [failure: Failure, text: string])[] = [
    [{ kind: 'exited', exit: { code: 1, signal: null }, beforeReady: true }, 'exited with code 1 before it was ready'],
    [{ kind: 'exited', exit: { code: null, signal: 'SIGSEGV' }, beforeReady: false }, 'was ended by SIGSEGV'],
    [{ kind: 'not-ready', after: 10_000, lastProbe: 'connection refused' }, 'was not ready within 10.0 s: connection refused'],
    [{ kind: 'not-ready', after: 500, lastProbe: null }, 'was not ready within 500 ms'],
    [{ kind: 'not-ready', after: 500, lastProbe: null, awaited: 'end' }, 'did not end within 500 ms'],
    [
      { kind: 'not-ready', after: 500, lastProbe: 'no', misplaced: { declared: [7322], real: [7398, 7399] } },
      'was not ready within 500 ms: no; it declares port 7322, but listens on 7398, 7399',
    ],
    [
      {
        kind: 'not-ready',
        after: 500,
        lastProbe: 'no',
        misplaced: { declared: [7322], real: [7322], at: { address: '::1', host: '127.0.0.1' } },
      },
      'was not ready within 500 ms: no; it listens on [::1]:7322, not on 127.0.0.1',
    ],
    [
      {
        kind: 'spawn',
        failure: { stage: 'program', code: 'ENOENT', message: 'the program "x" was not found in PATH (/bin)', passing: false },
      },
      'the program "x" was not found in PATH (/bin)',
    ],
    [{ kind: 'unhealthy', detail: '503 Service Unavailable' }, 'became unhealthy: 503 Service Unavailable'],
    [{ kind: 'boot-timeout', last: null, after: 90_000 }, 'was given up: the boot took longer than 1m 30s'],
    [
      { kind: 'survived', survivors: [{ pid: 7, command: 'sleep 9', user: 'root' }] },
      'could not be stopped: pid 7 (sleep 9) of user root still runs',
    ],
  ];
  for (const [failure, text] of failures) it(`tells that it ${text}`, () => expect(describeFailure(failure)).to.equal(text));

  it('a clause with a subject of its own follows a name as what it failed of', () => {
    expect(toPredicate('exited with code 1')).to.equal('exited with code 1');
    expect(toPredicate('port 3000 was not free')).to.equal('failed: port 3000 was not free');
    const hook: Failure = { kind: 'hook', hook: 'before_start', end: { how: 'exited with code 4', said: null } };
    expect(describeFailure({ kind: 'boot-timeout', after: 1_000, last: hook })).to.equal(
      'was given up: the boot took longer than 1.0 s; its last try failed: its before_start hook exited with code 4',
    );
  });

  it('E10: names three survivors and counts the rest', () => {
    const survivors = [1, 2, 3, 4, 5].map((pid) => ({ pid, command: 'x', user: null }));
    expect(describeSurvivors(survivors)).to.equal('pid 1 (x), pid 2 (x), pid 3 (x) and 2 more still run');
    expect(describeSurvivors([])).to.equal('something of it still runs');
  });
});
