import { delimiter } from 'node:path';
import { expect } from 'chai';
import type { RootCause } from '../../../lib/domain/outcome.ts';
import { noPath, type PortHolder } from '../../../lib/domain/process.ts';
import type { Failure } from '../../../lib/domain/state.ts';
import { type FailureReport, renderFailure } from '../../../lib/interfaces/cli/render/failure.ts';
import { displayWidth } from '../../../lib/util/ansi.ts';

const look = { colour: false, unicode: true };
const crashed: Failure = { kind: 'exited', exit: { code: 1, signal: null }, beforeReady: true };

describe('the failure screen', () => {
  const root = (failure: Failure, skipped: readonly (readonly string[])[] = []): RootCause => ({
    name: 'api',
    state: { kind: 'failed', since: 0, failure, restarts: 0, breakerOpen: false },
    optional: false,
    skipped,
  });
  const report = (cause: RootCause, more: Partial<FailureReport> = {}): FailureReport => ({
    cause,
    label: 'api',
    logLines: [],
    logFile: 'logs/api.log',
    lastProbe: null,
    again: 'muster up',
    toType: (words) => ['npx', 'muster', ...words].join(' '),
    ...more,
  });
  const options = { ...look, width: 100 };

  it('C2: says what failed, why, what it said last, what it kept from starting, and what to type', () => {
    const cause = root({ kind: 'not-ready', after: 10_000, lastProbe: 'connection refused' }, [
      ['web', 'api'],
      ['mobile', 'web', 'api'],
    ]);
    const lines = renderFailure(report(cause, { logLines: ['loading', 'no config'], lastProbe: 'connection refused' }), options);
    expect(lines).to.deep.equal([
      '✗ api failed: was not ready within 10.0 s',
      '  last lines of logs/api.log:',
      '  │ loading',
      '  │ no config',
      '  last probe: connection refused',
      '  kept from starting: web → api, mobile → web → api',
      '  next: npx muster logs api --tail 50, then muster up',
    ]);
  });

  it('takes twelve lines at most, whatever there is to say', () => {
    const long = 'word '.repeat(100);
    const skipped = Array.from({ length: 50 }, (_, index) => [`s${index}`, 'api']);
    const cause = root({ kind: 'spawn', failure: { stage: 'program', code: 'X', message: long, passing: false } }, skipped);
    expect(renderFailure(report(cause, { logLines: Array(50).fill(long) }), options).length).to.be.at.most(12);
    const crash = renderFailure(report(root(crashed, skipped), { logLines: Array(50).fill(long), lastProbe: long }), options);
    expect(crash).to.have.length(12);
    for (const line of crash) expect(displayWidth(line)).to.be.at.most(100);
    expect(crash.at(-2)).to.equal('  kept from starting: s0 → api, s1 → api and 48 more');
  });

  it('breaks a long reason between words instead of cutting it', () => {
    const message = 'the program "mailpit" was not found in PATH (/usr/local/bin:/usr/bin:/bin)';
    const cause = {
      ...root({ kind: 'spawn', failure: { stage: 'program', code: 'ENOENT', message, passing: false } }),
      optional: true,
    };
    expect(renderFailure(report(cause, { label: 'Mail catcher' }), { ...options, width: 60 })).to.deep.equal([
      '✗ api (Mail catcher, optional) failed: the program "mailpit"',
      '  was not found in PATH (/usr/local/bin:/usr/bin:/bin)',
      '  next: mend the command of api, then muster up',
    ]);
  });

  describe('B1: a program that is nowhere', () => {
    const nowhere = (searched: string): RootCause => {
      const message = 'the program "mailpit" was not found in PATH';
      return root({ kind: 'spawn', failure: { stage: 'program', code: 'ENOENT', message, searched, passing: false } });
    };
    const lines = (searched: string, width: number | null): string[] =>
      renderFailure(report(nowhere(searched)), { ...options, width });

    it('is one short line; the PATH that was searched is below it, each folder once, in order', () => {
      const path = ['/usr/local/bin', '/usr/bin', '/usr/local/bin', '/bin'].join(delimiter);
      expect(lines(path, null)).to.deep.equal([
        '✗ api failed: the program "mailpit" was not found in PATH',
        '  searched: /usr/local/bin, /usr/bin, /bin',
        '  next: install it, or mend the command of api; then muster up',
      ]);
    });

    it('a PATH that is longer than the terminal is wide is broken between its folders', () => {
      const path = ['/usr/local/bin', '/usr/bin', '/bin'].join(delimiter);
      expect(lines(path, 38).slice(-4)).to.deep.equal([
        '  searched: /usr/local/bin, /usr/bin,',
        '  /bin',
        '  next: install it, or mend the',
        '  command of api; then muster up',
      ]);
    });

    it('without a PATH, it says so', () => {
      expect(lines(noPath, null)[1]).to.equal('  searched: nowhere, PATH is not set');
    });
  });

  it('says so when nothing was printed, and how often it was tried', () => {
    const cause: RootCause = {
      ...root(crashed),
      state: { kind: 'failed', since: 0, failure: crashed, restarts: 5, breakerOpen: true },
    };
    expect(renderFailure(report(cause), options).slice(0, 2)).to.deep.equal([
      '✗ api failed (after 5 restarts): exited with code 1 before it was ready',
      '  it printed nothing to logs/api.log',
    ]);
  });

  it('where nothing was printed, no empty log is to be looked at', () => {
    const next = (failure: Failure): string | undefined =>
      renderFailure(report(root(failure)), { ...options, width: null }).at(-1);
    expect(next(crashed)).to.equal('  next: run its command by hand (npx muster exec api -- COMMAND); then muster up');
    expect(next({ kind: 'not-ready', after: 1_000, lastProbe: 'connection refused' })).to.equal(
      '  next: raise the health_timeout of api, or run its command by hand (npx muster exec api -- COMMAND); then muster up',
    );
  });

  it('what it runs is told as it is to be typed, by the name that this muster is called by', () => {
    const byHand = ['sleep', '1000'];
    expect(renderFailure(report(root(crashed), { byHand }), options).at(-1)).to.equal(
      '  next: run its command by hand (npx muster exec api -- sleep 1000); then muster up',
    );
    const unhealthy: RootCause = {
      ...root(crashed),
      state: {
        kind: 'unhealthy',
        since: 0,
        readySince: 0,
        process: { identity: { pid: 1, startTime: '1', bootId: 'b' }, spawnedAt: 0 },
        passes: 0,
        detail: '503',
      },
    };
    expect(renderFailure(report(unhealthy), options).at(-1)).to.match(/then npx muster restart api and muster up$/);
  });

  it('a URL that answers that there is nothing is to be corrected', () => {
    const next = (asks: 'health' | 'ready'): string | undefined =>
      renderFailure(
        report(root({ kind: 'not-ready', after: 1, lastProbe: '404', refused: { asks, said: '404 Not Found' } }), {
          logLines: ['up'],
        }),
        options,
      ).at(-1);
    expect(next('health')).to.equal('  next: correct the health_url of api: it answers 404 Not Found there; then muster up');
    expect(next('ready')).to.match(/correct the URL under ready of api: /);
  });

  it('the line that tells most goes on in the next row; the frames of its trace are cut', () => {
    const error = `Error: relation public.users does not exist (SQLSTATE 42P01) at position 23 of ${'select * from '.repeat(4)}users`;
    const frames = Array.from(
      { length: 30 },
      (_, index) => `    at frame${index} (/srv/app/node_modules/pg/lib/${'deep/'.repeat(20)}client.js:1)`,
    );
    const lines = renderFailure(report(root(crashed), { logLines: [error, ...frames] }), { ...look, width: 80 });
    expect(lines.length).to.be.at.most(12);
    for (const line of lines) expect(displayWidth(line)).to.be.at.most(80);
    const [first = '', second = '', frame] = lines.slice(2).map((line) => line.replace(/^ {2}│ /, ''));
    expect(`${first} ${second}`).to.equal(error);
    expect(frame).to.match(/^ {4}at frame0 .*…$/);
  });

  it('a word that is longer than a row is broken, and after four rows a line is cut', () => {
    const lines = renderFailure(report(root(crashed), { logLines: ['x'.repeat(500)] }), { ...look, width: 40 });
    expect(lines.slice(-2)).to.deep.equal(['  next: npx muster logs api --tail 50,', '  then muster up']);
    expect(lines.slice(3, -2)).to.deep.equal([
      ...Array.from({ length: 3 }, () => `  │ ${'x'.repeat(36)}`),
      `  │ ${'x'.repeat(35)}…`,
    ]);
  });

  it('a port conflict: who holds it, and how to get it', () => {
    const refusal = { port: 3000, why: 'stranger', holders: [] } as const;
    expect(renderFailure(report(root({ kind: 'port', refusal })), options)).to.deep.equal([
      '✗ api failed: port 3000 is held by another process',
      '  next: muster up --force (ends the holder, after asking), or set another port',
    ]);
  });

  it('a port that is held by a service of this very stack: the next boot sees to it', () => {
    const holder: PortHolder = {
      port: 3000,
      address: '127.0.0.1',
      process: { pid: 7, startTime: '1', bootId: 'b' },
      uid: 1000,
      user: null,
      command: 'node db.js',
      since: null,
      marker: { project: 'p', service: 'db', attempt: 1 },
    };
    const refusal = { port: 3000, why: 'stranger', holders: [holder] } as const;
    expect(renderFailure(report(root({ kind: 'port', refusal })), options).at(-1)).to.equal(
      '  next: muster up again (takes over or ends what an earlier run left)',
    );
    const advised = { ...refusal, advice: 'it is the SSH server; end that session' };
    expect(renderFailure(report(root({ kind: 'port', refusal: advised })), options).at(-1)).to.equal(
      '  next: it is the SSH server; end that session; then muster up',
    );
  });

  it('says what else was noticed of it, within the twelve lines', () => {
    const notes = ['declares port 6211, but listens on 6222'];
    const cause = root({ kind: 'not-ready', after: 1_000, lastProbe: 'connection refused' });
    const lines = renderFailure(report(cause, { notes, lastProbe: 'connection refused', logLines: ['up'] }), options);
    expect(lines.slice(-3)).to.deep.equal([
      '  last probe: connection refused',
      '  note: declares port 6211, but listens on 6222',
      '  next: npx muster logs api --tail 50, then muster up',
    ]);
    const many = renderFailure(report(cause, { notes: Array(20).fill('a'), logLines: Array(50).fill('b') }), options);
    expect(many).to.have.length(12);
    expect(many.filter((line) => line === '  note: a')).to.have.length(3);
  });

  it('a task that fails was never to be ready', () => {
    const failure: Failure = { kind: 'exited', exit: { code: 4, signal: null }, beforeReady: false };
    expect(renderFailure(report(root(failure)), options)[0]).to.equal('✗ api failed: exited with code 4');
  });

  it('S-27: what shows more of a log is the command that hides secrets, not the file itself', () => {
    const lines = renderFailure(report(root(crashed), { logFile: 'logs/other.log', logLines: ['no'] }), options);
    expect(lines.at(-1)).to.equal('  next: npx muster logs api --tail 50, then muster up');
  });

  it('S2: the log lines of a service move no cursor', () => {
    const lines = renderFailure(report(root(crashed), { logLines: ['\x1b[2J\x1b]0;x\x07\x1b[31mred'] }), {
      ...options,
      colour: true,
    });
    expect(lines.join('\n').replace(/\x1b\[[\d;]*m/g, '')).not.to.match(/\x1b/);
  });
});
