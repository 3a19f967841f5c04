import { expect } from 'chai';
import { type Failure, noRestarts, type ServiceState } from '../../../lib/domain/state.ts';
import {
  type Done,
  exitCodeOfDone,
  renderAwaited,
  renderDone,
  renderDown,
  renderNews,
  tellRefusal,
} from '../../../lib/interfaces/cli/render/actions.ts';
import { createTheme } from '../../../lib/interfaces/cli/render/theme.ts';
import { inState, ready, starting, stopping } from '../../support/records.ts';
import { aSnapshot, withService } from '../../support/snapshots.ts';
import { aDependency, aService } from '../../support/stacks.ts';

const theme = createTheme({ colour: false, unicode: true });
const crashed: Failure = { kind: 'exited', exit: { code: 1, signal: null }, beforeReady: true };
const failed = (failure: Failure): ServiceState => ({ kind: 'failed', since: 0, failure, restarts: 0, breakerOpen: false });
const stopped: ServiceState = { kind: 'stopped', since: 0, reason: { kind: 'user' }, killedAfter: null };
const toType = (words: readonly string[]): string => ['muster', ...words].join(' ');

// db ─► api ─► web
const services = [
  aService('db'),
  aService('api', { dependsOn: [aDependency('db')] }),
  aService('web', { dependsOn: [aDependency('api')] }),
];
const all = ['db', 'api', 'web'];

const done = (kind: Done['kind'], states: readonly ServiceState[], names: readonly string[] = all): Done => {
  const up = { db: inState(ready()), api: inState(ready()), web: inState(ready()) };
  const after = Object.fromEntries(all.map((name, index) => [name, inState(states[index] ?? ready(), { attempt: 2 })]));
  return { kind, before: aSnapshot(services, up), after: aSnapshot(services, after), names, took: 1_200 };
};

const rendered = (action: Done): string[] => renderDone(action, theme, toType);

describe('what became of an action', () => {
  it('db ─► api ─► web: names what was started, stopped or restarted, and how long it took', () => {
    expect(rendered(done('restart', [ready(), ready(), ready()]))).to.deep.equal(['restarted db, api, web in 1.2 s']);
    expect(rendered(done('stop', [stopped, stopped, stopped], ['web']))).to.deep.equal(['stopped web in 1.2 s']);
    expect(exitCodeOfDone(done('stop', [stopped, stopped, stopped]))).to.equal(0);
  });

  it('E12: says what was that way before', () => {
    const { before } = done('start', []);
    const same: Done = { kind: 'start', before, after: before, names: ['db', 'web'], took: 1 };
    expect(rendered(same)).to.deep.equal(['up already: db, web']);
    const paused = { ...before, services: before.services.map((each) => ({ ...each, watchPausedBy: 'a.js' })) };
    expect(rendered({ ...same, before: paused })).to.deep.equal(['up already: db, web', 'watches its files again: db, web']);
    const down = aSnapshot(services, { db: inState(stopped), api: inState(stopped), web: inState(stopped) });
    const stop: Done = { kind: 'stop', before: down, after: down, names: ['db'], took: 1 };
    expect(rendered(stop)).to.deep.equal(['not running already: db']);
    expect(exitCodeOfDone(stop)).to.equal(0);
  });

  it('names what did not come up, each with its reason, and the command that tells more', () => {
    const skipped: ServiceState = { kind: 'skipped', since: 0, chain: ['db'] };
    const action = done('start', [failed(crashed), skipped, { ...skipped, chain: ['api', 'db'] }]);
    expect(rendered(action)).to.deep.equal([
      '✗ db failed: exited with code 1 before it was ready',
      '– api skipped: api → db: db failed',
      '– web skipped: web → api → db: db failed',
      'next: muster why db',
    ]);
    expect(exitCodeOfDone(action)).to.equal(1);
  });

  it('has the exit codes of the contract: 4 timed out, 3 port conflict, and 0 when only something optional failed', () => {
    const late: Failure = { kind: 'not-ready', after: 1_000, lastProbe: null };
    const held: Failure = { kind: 'port', refusal: { port: 1, holders: [], why: 'stranger' } };
    const skipped: ServiceState = { kind: 'skipped', since: 0, chain: ['db'] };
    expect(exitCodeOfDone(done('start', [failed(late)], ['db']))).to.equal(4);
    expect(exitCodeOfDone(done('start', [failed(late), skipped], ['api']))).to.equal(4);
    expect(exitCodeOfDone(done('start', [failed(held)], ['db']))).to.equal(3);
    // More time would not have mended that.
    expect(exitCodeOfDone(done('start', [failed(late), failed(crashed)], ['db', 'api']))).to.equal(1);
    // What failed earlier, and was not asked for now, does not count.
    expect(exitCodeOfDone(done('start', [failed(late)], ['web']))).to.equal(0);
    const action = done('restart', [failed(crashed)], ['db']);
    expect(exitCodeOfDone({ ...action, after: withService(action.after, 'db', { optional: true }) })).to.equal(0);
  });

  it('a stop that left something is a failure', () => {
    const survived: Failure = { kind: 'survived', survivors: [] };
    const action = done('stop', [failed(survived)], ['db']);
    expect(rendered(action)[0]).to.equal('✗ db failed: could not be stopped: something of it still runs');
    expect(exitCodeOfDone(action)).to.equal(1);
  });

  it('counts instead of naming when there are many', () => {
    const many = Array.from({ length: 7 }, (_, index) => aService(`s${index}`));
    const before = aSnapshot(many, {});
    const after = aSnapshot(many, Object.fromEntries(many.map(({ name }) => [name, inState(ready())])));
    const action: Done = { kind: 'start', before, after, names: many.map(({ name }) => name), took: 1_000 };
    expect(rendered(action)).to.deep.equal(['started 7 services in 1.0 s']);
  });

  it('news: one line for what is worth one', () => {
    const news = (state: ServiceState, streak = 0): string | null => {
      const record = inState(state, { attempt: 3, restarts: { ...noRestarts, streak } });
      const [service] = aSnapshot(services, { db: record }).services;
      return service === undefined ? null : renderNews(service, theme);
    };
    expect(news({ kind: 'waiting', since: 0, on: ['x'], forSlot: false })).to.equal(null);
    expect(news(starting({ phase: 'ports', process: null }))).to.equal(null);
    expect(news(starting(), 1)).to.equal('db starting (pid 123, try 2)');
    // By hand.
    expect(news(starting())).to.equal('db starting (pid 123)');
    expect(news(ready())).to.equal('db ready (800 ms)');
    expect(news(stopping())).to.equal('db stopping');
    expect(news(failed(crashed))).to.equal('db failed: exited with code 1 before it was ready');
  });

  it('E13: who is awaited, how long already, and its limit', () => {
    const records = { db: inState(stopping({ phase: 'dependents' })), api: inState(stopping({ askedAt: 57_900 })) };
    expect(renderAwaited(aSnapshot(services, records), theme)).to.equal(
      'still stopping: db (waits for its dependents to stop), api (asked to stop 2.1 s ago, is killed in 2.9 s)',
    );
    expect(renderAwaited(aSnapshot(services, {}), theme)).to.equal(null);
  });

  it('the proof of death, or what is left', () => {
    expect(renderDown({ took: 1_200, survivors: [] }, theme)).to.deep.equal(['stopped in 1.2 s; nothing is left']);
    expect(renderDown({ took: 5_100, killed: [{ name: 'api', after: 5_000 }], survivors: [] }, theme)).to.deep.equal([
      'api had to be killed after 5.0 s',
      'stopped in 5.1 s; nothing is left',
    ]);
    const survivors = [{ name: 'db', pids: [12], text: 'pid 12 (x) still runs', processes: [] }];
    expect(renderDown({ took: 1, survivors }, theme)).to.deep.equal(['not stopped db: pid 12 (x) still runs']);
  });

  it('E11: a refusal says who needs it, and what to add', () => {
    const neededBy = [{ name: 'api', needs: 'db' }];
    expect(tellRefusal({ kind: 'needed', neededBy }, { command: 'stop', named: ['db'] })).to.deep.equal([
      'muster stop: nothing was stopped, because others need it:',
      '  api needs db',
      'add --with-dependents to stop them first, or --force to stop only db',
    ]);
    expect(tellRefusal({ kind: 'stopping' }, { command: 'start', named: [] })).to.deep.equal([
      'muster start: the stack is going down',
    ]);
  });
});
