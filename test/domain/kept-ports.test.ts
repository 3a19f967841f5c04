import { expect } from 'chai';
import { keptPorts } from '../../lib/domain/kept-ports.ts';
import type { Service } from '../../lib/domain/service.ts';
import { aService } from '../support/stacks.ts';

const port = (wanted: number | null, name: string | null = null): Service['ports'][number] => ({ name, wanted });
const auto = aService('db', { ports: [port(null)] });
const next = (wanted: number, more: Partial<Service> = {}): Service =>
  aService('db', { ports: [port(wanted)], portConflict: 'next', ...more });
const held = [{ name: null, port: 4_001 }];
const kept = (before: Service, after: Service, insisted: readonly number[] = []) =>
  keptPorts({ before, after, held, insisted: new Set(insisted) });

describe('the ports that an edited service is restarted with', () => {
  it('B5: `auto` keeps what it has, whatever it was before', () => {
    expect(kept(auto, auto)).to.equal(held);
    expect(kept(next(4_000), auto)).to.equal(held);
  });

  it('B5: `next` keeps it while the file wants the same', () => {
    expect(kept(next(4_000), next(4_000))).to.equal(held);
    expect(kept(next(4_000), next(4_100))).to.equal(null);
    expect(kept(auto, next(4_000))).to.equal(null);
  });

  it('B5: a port outside of a new range, or that another insists on by now, is given up', () => {
    expect(kept(next(4_000), next(4_000, { portRange: [4_002, 4_009] }))).to.equal(null);
    expect(kept(auto, auto, [4_001])).to.equal(null);
  });

  it('B5: one that the file fixes, or another number of ports, is as the file says', () => {
    expect(kept(next(4_000), aService('db', { ports: [port(4_000)] }))).to.equal(null);
    expect(kept(auto, aService('db', { ports: [port(null, 'a'), port(null, 'b')] }))).to.equal(null);
    expect(kept(auto, aService('db', { ports: [port(null, 'a')] }))).to.equal(null);
  });
});
