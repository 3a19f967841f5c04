import { expect } from 'chai';
import { layOut, only, relatives, shorten } from '../../lib/interfaces/dashboard/state/graph-layout.ts';
import { toSteps } from '../../lib/interfaces/dashboard/state/scale.ts';
import type { Edge, GraphAnswer } from '../../lib/interfaces/dashboard/state/types.ts';
import { toVisible } from '../../lib/interfaces/dashboard/state/visible.ts';
import { formatAge } from '../../lib/interfaces/dashboard/state/words.ts';
import { aServiceSnapshot } from '../support/snapshots.ts';

const edge = (from: string, to: string): Edge => ({
  from,
  to,
  condition: 'healthy',
  required: true,
  onLoss: 'ignore',
  restart: false,
});

const graphOf = (depths: Readonly<Record<string, number>>, edges: readonly Edge[]): GraphAnswer => ({
  services: Object.entries(depths).map(([name, depth]) => ({
    name,
    label: name,
    type: 'service',
    optional: false,
    depth,
    dependents: edges.filter(({ from }) => from === name).map(({ to }) => to),
  })),
  edges,
});

describe('what the page works out', () => {
  it('the graph stands from left to right: each service behind all that it needs, no two boxes on each other', () => {
    // db ─► api ─► web, db ─► web
    const graph = graphOf({ db: 0, cache: 0, api: 1, web: 2 }, [edge('db', 'api'), edge('api', 'web'), edge('db', 'web')]);
    const { boxes, lines } = layOut(graph);
    const at = (name: string) => boxes.find((box) => box.name === name) ?? { x: 0, y: 0, width: 0 };
    for (const { from, to } of graph.edges) expect(at(from).x + at(from).width, `${from} → ${to}`).to.be.below(at(to).x);
    expect(new Set(boxes.map(({ x, y }) => `${x} ${y}`)).size).to.equal(4);
    expect(lines.every(({ d }) => /^M[\d. -]+C/.test(d))).to.equal(true);
  });

  it('three hundred services are laid out without one that is missing', () => {
    const names = Array.from({ length: 300 }, (_, index) => `s${index}`);
    const depths = Object.fromEntries(names.map((name, index) => [name, Math.floor(Math.log2(index + 1))]));
    const edges = names.slice(1).map((name, index) => edge(`s${index >> 1}`, name));
    expect(layOut(graphOf(depths, edges)).boxes.map(({ name }) => name)).to.have.members(names);
  });

  it('what hangs on a service is what it needs and what needs it, not its neighbours', () => {
    // db ─► api ─► web, db ─► worker
    const graph = graphOf({ db: 0, api: 1, worker: 1, web: 2 }, [edge('db', 'api'), edge('api', 'web'), edge('db', 'worker')]);
    expect([...relatives(graph, 'api')].sort()).to.deep.equal(['api', 'db', 'web']);
    const part = only(graph, new Set(['db', 'web']));
    expect(part.services.map(({ name, depth }) => `${name} ${depth}`)).to.deep.equal(['db 0', 'web 1']);
    expect(part.edges).to.deep.equal([]);
  });

  it('finds services by name, label, state and port, all words of it', () => {
    const all = [
      aServiceSnapshot('api', 'ready', { label: 'The API', ports: [{ name: null, port: 4_312 }] }),
      aServiceSnapshot('api-docs', 'failed'),
    ];
    const state = { order: ['api', 'api-docs'], services: new Map(all.map((one) => [one.name, one])), isFailedFirst: false };
    const find = (filter: string) => toVisible({ ...state, filter });
    expect(find('')).to.deep.equal(['api', 'api-docs']);
    expect(find('API failed')).to.deep.equal(['api-docs']);
    expect(find('4312')).to.deep.equal(['api']);
    expect(find('nothing')).to.deep.equal([]);
  });

  it('those that have failed stand first, the others in their order; that can be turned off', () => {
    const all = [aServiceSnapshot('db', 'ready'), aServiceSnapshot('api', 'failed'), aServiceSnapshot('web', 'waiting')];
    const state = { order: ['db', 'api', 'web'], services: new Map(all.map((one) => [one.name, one])), filter: '' };
    expect(toVisible({ ...state, isFailedFirst: true })).to.deep.equal(['api', 'db', 'web']);
    expect(toVisible({ ...state, isFailedFirst: false })).to.deep.equal(['db', 'api', 'web']);
  });

  it('a name is cut in its middle, so that replicas are told apart', () => {
    expect(shorten('payments-and-invoicing-gateway-2')).to.equal('payments-and-…-gateway-2');
    expect(shorten('payments-and-invoicing-gateway-2', 13)).to.equal('paymen…eway-2');
    expect(shorten('db')).to.equal('db');
  });

  it('marks a timeline at round times, and tells ages as people do', () => {
    expect(toSteps(2_700)).to.deep.equal([0, 1_000, 2_000]);
    expect(toSteps(480)).to.deep.equal([0, 100, 200, 300, 400]);
    expect(toSteps(2_300, 2)).to.deep.equal([0, 2_000]);
    expect([400, 59_900, 61_000].map(formatAge)).to.deep.equal(['0 s', '59 s', '1m 1s']);
  });
});
