import { expect } from 'chai';
import { formatMarker, type Marker, parseMarker, stackMarker } from '../../lib/domain/process.ts';
import { isMarkedFor } from '../../lib/runtime/processes/marker.ts';
import { findOrphans } from '../../lib/runtime/processes/orphans.ts';

const service: Marker = { project: 'p', service: 'web', attempt: 2 };
const hook: Marker = { ...service, hook: 'after_ready' };

describe('the marker of a hook', () => {
  it('says whose hook it is, and which; what it cannot say is no hook', () => {
    for (const marker of [service, hook, { project: 'p', service: stackMarker, attempt: 1, hook: 'before_up' as const }])
      expect(parseMarker(formatMarker(marker))).to.deep.equal(marker);
    expect(parseMarker('p/web/2/something')).to.deep.equal(service);
  });

  it('a hook belongs to its service, and ends with it; what the service runs does not belong to the hook', () => {
    expect(isMarkedFor(hook, service)).to.equal(true);
    expect(isMarkedFor(service, hook)).to.equal(false);
    expect(isMarkedFor(hook, hook)).to.equal(true);
    expect(isMarkedFor({ ...hook, hook: 'before_stop' }, hook)).to.equal(false);
    expect(isMarkedFor({ ...hook, attempt: 1 }, hook)).to.equal(false);
  });

  it('hooks of a stack that is supervised are no orphans', () => {
    const identity = { pid: 1, startTime: '1', bootId: 'b' };
    const found = (marker: Marker) => ({ identity, leads: true, marker, command: 'x', user: null });
    const ofStack = found({ project: 'p', service: stackMarker, attempt: 1, hook: 'after_up' });
    const orphans = findOrphans(
      [ofStack, found(hook), found({ ...hook, attempt: 1 })],
      [{ name: 'web', attempt: 2, state: 'ready' }],
    );
    expect(orphans.map(({ marker }) => marker.attempt)).to.deep.equal([1]);
    expect(orphans).to.have.length(1);
  });
});
