import { expect } from 'chai';
import { toAsOf } from '../../lib/interfaces/dashboard/state/as-of.ts';
import { formatAge, tellAbout, tellEdits } from '../../lib/interfaces/dashboard/state/words.ts';
import { aServiceSnapshot } from '../support/snapshots.ts';

const file = '/shop/services.yaml';

describe('what the page says', () => {
  it('no time is less than nothing, although a change is heard after the clock of the page was last looked at', () => {
    expect([-800, -1, 0].map(formatAge)).to.deep.equal(['0 s', '0 s', '0 s']);
  });

  it('a time that is counted down runs on where nothing else is heard', () => {
    const stopping = aServiceSnapshot('db', 'stopping', {
      detail: 'asked to stop 0 ms ago, is killed in 5.0 s',
      countdown: { kind: 'stop', asked: 0, left: 5_000, hurry: null },
    });
    expect(tellAbout(stopping, 3_000)).to.equal('asked to stop 3.0 s ago, is killed in 2.0 s');
    const backoff = aServiceSnapshot('api', 'backoff', {
      detail: 'next try in 2.0 s (1/5)',
      reason: 'exited with code 1',
      countdown: { kind: 'retry', left: 2_000, retry: 1, of: 5 },
    });
    expect(tellAbout(backoff, 500)).to.equal('next try in 1.5 s (1/5); exited with code 1');
    expect(tellAbout(backoff, -20)).to.equal('next try in 2.0 s (1/5); exited with code 1');
    expect(tellAbout(aServiceSnapshot('web', 'waiting', { waitsFor: ['api'] }), 9_000)).to.equal('waits for api');
  });

  it('a file that was edited is told with what is changed, new and taken out, or with the mistake that is in it', () => {
    const services = [
      aServiceSnapshot('db', 'ready', { edited: 'changed' }),
      aServiceSnapshot('old', 'ready', { edited: 'gone' }),
    ];
    expect(tellEdits({ file, edited: { added: ['fresh'], problem: null }, services })).to.deep.equal({
      text: 'services.yaml has changed.',
      names: 'changed: db; new: fresh; taken out: old.',
      problem: null,
    });
    expect(tellEdits({ file, edited: { added: [], problem: 'line 3: no such thing' }, services: [] })?.problem).to.equal(
      'line 3: no such thing',
    );
    expect(tellEdits({ file, edited: undefined, services: [aServiceSnapshot('db', 'ready')] })).to.equal(null);
  });

  it('what is shown is as of the loss of the connection, however often it is tried again, until there is another', () => {
    const at = (wall: number) => () => ({ wall, page: 0 });
    expect(toAsOf('live', null, at(1))).to.equal(null);
    const asOf = toAsOf('lost', null, at(2));
    expect(asOf).to.deep.equal({ wall: 2, page: 0 });
    expect(toAsOf('lost', asOf, at(9))).to.equal(asOf);
    expect(toAsOf('live', asOf, at(9))).to.equal(null);
  });
});
