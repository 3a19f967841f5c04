import { expect } from 'chai';
import { buildGraph, findCycles } from '../../lib/domain/graph.ts';
import { resolveService } from '../../lib/domain/resolve.ts';
import type { Dependency, Service } from '../../lib/domain/service.ts';

const edge = (on: string): Dependency => ({
  on,
  condition: 'started',
  required: true,
  waitUpTo: null,
  onLoss: 'ignore',
  restart: false,
});

/** `{web: ['api'], api: []}`: web needs api. */
const services = (needs: Readonly<Record<string, readonly string[]>>): Map<string, Service> =>
  new Map(
    Object.entries(needs).map(([name, on]) => {
      const { wanted: _, ...draft } = resolveService({
        name,
        raw: { command: 'x' },
        env: {},
        absolute: (file) => file,
        report: () => undefined,
      });
      return [name, { ...draft, dependsOn: on.map(edge), definitionHash: '' }];
    }),
  );

describe('the graph of services', () => {
  it('A6: orders a diamond so that its root comes once and first', () => {
    // web -> left -> root
    //     -> right -> root
    const graph = buildGraph(services({ web: ['left', 'right'], left: ['root'], right: ['root'], root: [] }));
    expect(graph.order).to.deep.equal(['root', 'left', 'right', 'web']);
    expect(graph.dependentsOf('root')).to.deep.equal(['left', 'right']);
    expect(graph.dependenciesOf('web').map(({ on }) => on)).to.deep.equal(['left', 'right']);
    expect(['root', 'left', 'web'].map(graph.depthOf)).to.deep.equal([0, 1, 2]);
  });

  it('A6: starts a service with a hundred dependencies once', () => {
    // top -> leaf-0 … leaf-99
    const leaves = Array.from({ length: 100 }, (_, index) => `leaf-${index}`);
    const graph = buildGraph(services({ top: leaves, ...Object.fromEntries(leaves.map((leaf) => [leaf, []])) }));
    expect(graph.order).to.deep.equal([...leaves, 'top']);
    expect(graph.dependentsOf('leaf-7')).to.deep.equal(['top']);
  });

  it('keeps the order of the file where the edges leave it open, also for names that look like numbers', () => {
    // web -> db    10    2    cache
    const graph = buildGraph(services({ web: ['db'], b10: [], a2: [], db: [], cache: [] }));
    expect(graph.order).to.deep.equal(['b10', 'a2', 'db', 'web', 'cache']);
    const numbers = new Map(
      [...services({ x10: [], x2: [] })].map(([name, service]) => [name.slice(1), { ...service, name: name.slice(1) }]),
    );
    expect(buildGraph(numbers).order).to.deep.equal(['10', '2']);
  });

  it('takes names that every object has for names', () => {
    // valueOf -> toString -> constructor
    const graph = buildGraph(services({ valueOf: ['toString'], toString: ['constructor'], constructor: [] }));
    expect(graph.order).to.deep.equal(['constructor', 'toString', 'valueOf']);
  });

  it('finds all that some services need, and all that need them', () => {
    // a -> b -> c    d -> c    e
    const graph = buildGraph(services({ a: ['b'], b: ['c'], c: [], d: ['c'], e: [] }));
    expect([...graph.closureOf(['a'])].sort()).to.deep.equal(['a', 'b', 'c']);
    expect([...graph.dependentClosureOf(['b', 'e'])].sort()).to.deep.equal(['a', 'b', 'e']);
    expect([...graph.closureOf(['nobody'])]).to.deep.equal([]);
  });

  it('A7: bears a chain of 10,000 services without recursion', () => {
    // s0 -> s1 -> … -> s9999
    const chain = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`s${n}`, n < 9999 ? [`s${n + 1}`] : []]));
    const graph = buildGraph(services(chain));
    expect(graph.order[0]).to.equal('s9999');
    expect(graph.depthOf('s0')).to.equal(9999);
    expect(graph.closureOf(['s0']).size).to.equal(10_000);
  });

  it('A7: bears a dense graph of 50 layers', () => {
    // every service of a layer -> every service of the layer below
    const layers = Array.from({ length: 50 }, (_, layer) => Array.from({ length: 10 }, (__, n) => `l${layer}-${n}`));
    const needs = Object.fromEntries(layers.flatMap((layer, depth) => layer.map((name) => [name, layers[depth - 1] ?? []])));
    const graph = buildGraph(services(needs));
    expect(graph.order).to.have.lengthOf(500);
    expect(graph.depthOf('l49-0')).to.equal(49);
  });

  it('throws on a cycle, which the configuration has to refuse first', () => {
    // a <-> b
    expect(() => buildGraph(services({ a: ['b'], b: ['a'] }))).to.throw('cycle');
  });
});

describe('cycles', () => {
  const edges = (...pairs: string[]): { from: string; to: string }[] =>
    pairs.map((pair) => ({ from: pair.charAt(0), to: pair.charAt(1) }));

  it('A2: rotates each so that the smallest name comes first', () => {
    // c -> a -> b -> c, and d -> c leads into it
    expect(findCycles(edges('ca', 'ab', 'bc', 'dc'))).to.deep.equal([['a', 'b', 'c']]);
  });

  it('A3: finds separate ones, ones that share a service, and services that need themselves', () => {
    // a <-> b <-> c    x -> x
    expect(findCycles(edges('ab', 'ba', 'bc', 'cb', 'xx'))).to.deep.equal([['a', 'b'], ['b', 'c'], ['x']]);
  });

  it('finds none in a diamond', () => {
    // a -> b -> d    a -> c -> d
    expect(findCycles(edges('ab', 'ac', 'bd', 'cd'))).to.deep.equal([]);
  });

  it('A7: bears a circle of 10,000 and a knot in which everybody needs everybody', () => {
    // s0 -> s1 -> … -> s9999 -> s0
    const ring = Array.from({ length: 10_000 }, (_, n) => ({ from: `s${n}`, to: `s${(n + 1) % 10_000}` }));
    expect(findCycles(ring)[0]).to.have.lengthOf(10_000);
    const names = Array.from({ length: 60 }, (_, n) => `n${n}`);
    const knot = names.flatMap((from) => names.filter((to) => to !== from).map((to) => ({ from, to })));
    const found = findCycles(knot);
    expect(found.length).to.be.within(1, 10);
    for (const cycle of found) expect(cycle).to.have.lengthOf(2);
  });
});
