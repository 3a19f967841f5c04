import { expect } from 'chai';
import { toOutcome } from '../../lib/domain/outcome.ts';
import type { Service } from '../../lib/domain/service.ts';
import type { ServiceState } from '../../lib/domain/state.ts';
import { inState } from '../support/records.ts';
import { aDependency, aService } from '../support/stacks.ts';

const failed: ServiceState = {
  kind: 'failed',
  since: 0,
  failure: { kind: 'exited', exit: { code: 1, signal: null }, beforeReady: true },
  restarts: 0,
  breakerOpen: false,
};
const skipped = (...chain: readonly string[]): ServiceState => ({ kind: 'skipped', since: 0, chain });

const causesOf = (services: readonly Service[], states: Readonly<Record<string, ServiceState>>): Record<string, unknown> =>
  Object.fromEntries(
    toOutcome(services.map((service) => ({ service, record: inState(states[service.name] ?? failed) }))).causes.map((cause) => [
      cause.name,
      cause.skipped,
    ]),
  );

const needing = (name: string, ...on: readonly string[]): Service =>
  aService(name, { dependsOn: on.map((each) => aDependency(each)) });

describe('the causes of what did not start', () => {
  // exits ─► web ◄─ migrate,  web ─► shop
  it('a service that two others keep from starting is listed under both', () => {
    const services = [aService('exits'), aService('migrate'), needing('web', 'exits', 'migrate'), needing('shop', 'web')];
    expect(causesOf(services, { web: skipped('exits'), shop: skipped('web', 'exits') })).to.deep.equal({
      exits: [
        ['web', 'exits'],
        ['shop', 'web', 'exits'],
      ],
      migrate: [
        ['web', 'migrate'],
        ['shop', 'web', 'migrate'],
      ],
    });
  });

  // db ─► a, b ─► web: one root over two ways
  it('one root is named once, by the chain that it was skipped for', () => {
    const services = [aService('db'), needing('a', 'db'), needing('b', 'db'), needing('web', 'a', 'b')];
    const states = { a: skipped('db'), b: skipped('db'), web: skipped('a', 'db') };
    expect(causesOf(services, states)).to.deep.equal({
      db: [
        ['a', 'db'],
        ['b', 'db'],
        ['web', 'a', 'db'],
      ],
    });
  });

  it('of very many roots four are named: more than that is a list of all that failed', () => {
    const names = Array.from({ length: 50 }, (_, index) => `s${index}`);
    const services = [...names.map((name) => aService(name)), needing('web', ...names)];
    const causes = causesOf(services, { web: skipped('s0') });
    expect(Object.values(causes).flat()).to.have.length(4);
    expect(Object.keys(causes)).to.have.length(50);
  });

  // s0 ─► s1 ─► … ─► s1999, the file from its end
  it('a chain of two thousand, listed from its end', () => {
    const count = 2_000;
    const names = Array.from({ length: count }, (_, index) => `s${index}`);
    const services = names.map((name, index) => (index === 0 ? aService(name) : needing(name, `s${index - 1}`))).reverse();
    const states = Object.fromEntries(names.slice(1).map((name, at) => [name, skipped(...names.slice(0, at + 1).reverse())]));
    expect(causesOf(services, states))
      .to.have.property('s0')
      .with.length(count - 1);
  });
});
