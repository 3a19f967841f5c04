import { expect } from 'chai';
import { findDifference } from '../../lib/domain/difference.ts';
import { buildGraph } from '../../lib/domain/graph.ts';
import type { Service, Text } from '../../lib/domain/service.ts';
import { aDependency, aService, aStack } from '../support/stacks.ts';

const compare = (before: readonly Service[], after: readonly Service[]) => {
  const [old, next] = [aStack(before), aStack(after)];
  return findDifference({ stack: old, graph: buildGraph(old.services) }, { stack: next, graph: buildGraph(next.services) });
};

const nothing = { added: [], removed: [], changed: [], following: [] };
const url: Text = [{ service: 'api', what: 'url' }, '/x'];
const port = (wanted: number | null): Pick<Service, 'ports'> => ({ ports: [{ name: null, wanted }] });

describe('what an edit of the file changes', () => {
  // web ─► api ─► db
  const db = aService('db');
  const api = aService('api', { ...port(4000), dependsOn: [aDependency('db')] });
  const web = aService('web', { dependsOn: [aDependency('api')], env: { API: url } });

  it('is nothing where nothing but words and order are others', () => {
    expect(compare([db, api, web], [web, { ...api, label: 'API' }, db])).to.deep.equal(nothing);
  });

  it('is what is new, what is gone, and what is another, dependencies first', () => {
    const after = [{ ...api, definitionHash: 'other', dependsOn: [] }, aService('new'), { ...web, definitionHash: 'other' }];
    expect(compare([db, api, web], after)).to.deep.equal({
      ...nothing,
      added: ['new'],
      removed: ['db'],
      changed: ['api', 'web'],
    });
  });

  it('follows an edge only where it asks for that', () => {
    const asking = { ...web, dependsOn: [aDependency('api', { restart: true })] };
    const changed = { ...api, definitionHash: 'other' };
    expect(compare([db, api, web], [db, changed, web])).to.deep.equal({ ...nothing, changed: ['api'] });
    expect(compare([db, api, asking], [db, changed, asking])).to.deep.equal({ ...nothing, changed: ['api'], following: ['web'] });
  });

  it('is also who was told the address of one that has another now, in its environment, its command or its probe', () => {
    const moved = { ...api, ...port(4001), definitionHash: 'other' };
    expect(compare([db, api, web], [db, moved, web]).changed).to.deep.equal(['api', 'web']);
    const byCommand = aService('web', { command: { kind: 'shell', line: ['curl ', { service: 'api', what: 'port' }] } });
    expect(compare([api, byCommand], [moved, byCommand]).changed).to.deep.equal(['api', 'web']);
    const unaware = aService('web', { dependsOn: [aDependency('api')] });
    expect(compare([db, api, unaware], [db, moved, unaware]).changed).to.deep.equal(['api']);
  });

  it('is not who speaks only of its own address', () => {
    const own = aService('api', { ...port(null), env: { OWN: url } });
    expect(compare([own], [own])).to.deep.equal(nothing);
  });

  it('takes the first of several replicas for the address of all: more of them change nobody, another first one does', () => {
    const replica = (index: number): Service =>
      aService(`api-${index}`, { ...port(3999 + index), replica: { of: 'api', index } });
    const alone = aService('web', { env: { API: url } });
    const two = [replica(1), replica(2), alone];
    expect(compare(two, [replica(1), replica(2), replica(3), alone])).to.deep.equal({ ...nothing, added: ['api-3'] });
    expect(compare(two, [{ ...api, dependsOn: [] }, alone])).to.deep.equal({
      ...nothing,
      added: ['api'],
      removed: ['api-1', 'api-2'],
      changed: ['web'],
    });
  });
});
