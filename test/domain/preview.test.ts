import { expect } from 'chai';
import { buildGraph } from '../../lib/domain/graph.ts';
import { toPreview } from '../../lib/domain/preview.ts';
import type { Service } from '../../lib/domain/service.ts';
import type { ServiceRecord } from '../../lib/domain/state.ts';
import { inState, ready } from '../support/records.ts';
import { aDependency, aService, aStack, aTask } from '../support/stacks.ts';

const of = (...services: readonly Service[]) => {
  const stack = aStack(services);
  return { stack, graph: buildGraph(stack.services) };
};
const up = (names: readonly string[], others: Readonly<Record<string, ServiceRecord>> = {}): ReadonlyMap<string, ServiceRecord> =>
  new Map([...names.map((name) => [name, inState(ready())] as const), ...Object.entries(others)]);
const stopped = inState({ kind: 'stopped', since: 0, reason: { kind: 'user' }, killedAfter: null }, { desired: 'stopped' });
const done = inState({ kind: 'completed', since: 0, exit: { code: 0, signal: null } });

// db ─► migrate ─► api ═► web (restarts with it)     old
const db = aService('db');
const migrate = aTask('migrate', { dependsOn: [aDependency('db')] });
const api = aService('api', { dependsOn: [aDependency('migrate', { condition: 'completed' })] });
const web = aService('web', { dependsOn: [aDependency('api', { restart: true })] });
const before = of(db, migrate, api, web, aService('old'));
const records = up(['db', 'api', 'web', 'old'], { migrate: done });

describe('what `up` would do to a stack that runs', () => {
  it('B12: nothing, when the file says what runs', () => {
    expect(toPreview({ before, after: before, records, names: [] })).to.deep.equal({
      started: [],
      restarted: [],
      stopped: [],
      kept: ['db', 'migrate', 'api', 'web', 'old'],
    });
  });

  it('B12: only what is another restarts, and who asks for it; what is new starts, and what is gone stops', () => {
    const after = of(db, migrate, { ...api, definitionHash: 'another' }, web, aService('fresh'));
    expect(toPreview({ before, after, records, names: [] })).to.deep.equal({
      started: [{ name: 'fresh', because: 'it is new in the file' }],
      restarted: [
        { name: 'api', because: 'its definition has changed' },
        { name: 'web', because: 'it asks to be restarted with api' },
      ],
      stopped: ['old'],
      kept: ['db', 'migrate'],
    });
  });

  it('what was stopped by hand, or has failed, starts; a task runs again when what it worked on starts anew', () => {
    const others = { migrate: done, api: stopped };
    const { started, kept } = toPreview({ before, after: before, records: up(['web', 'old'], others), names: [] });
    expect(started).to.deep.equal([
      { name: 'db', because: 'it is new in the file' },
      { name: 'migrate', because: 'what it worked on starts anew' },
      { name: 'api', because: 'it is stopped' },
    ]);
    expect(kept).to.deep.equal(['web', 'old']);
  });

  it('what has failed, or was skipped, is told so', () => {
    const api = inState({
      kind: 'failed',
      since: 0,
      failure: { kind: 'survived', survivors: [] },
      restarts: 0,
      breakerOpen: false,
    });
    const web = inState({ kind: 'skipped', since: 0, chain: ['api'] });
    const { started } = toPreview({ before, after: before, records: up(['db', 'old'], { migrate: done, api, web }), names: [] });
    expect(started).to.deep.include({ name: 'api', because: 'it has failed' });
    expect(started).to.deep.include({ name: 'web', because: 'it was skipped' });
  });

  it('of what was named, and of what it needs, and no other', () => {
    const all = up(['db', 'web'], { migrate: done, api: stopped, old: stopped });
    expect(toPreview({ before, after: before, records: all, names: ['old'] }).started).to.deep.equal([
      { name: 'old', because: 'it is stopped' },
    ]);
  });
});
