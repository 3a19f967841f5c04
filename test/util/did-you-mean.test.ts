import { expect } from 'chai';
import { didYouMean } from '../../lib/util/did-you-mean.ts';

describe('what somebody meant', () => {
  it('of what is equally near, that which begins with what was typed', () => {
    expect(didYouMean('statu', ['stats', 'status', 'start'])).to.equal('status');
    expect(didYouMean('statu', ['status', 'stats'])).to.equal('status');
    expect(didYouMean('stat', ['start', 'stats', 'status'])).to.equal('stats');
  });

  it('of what is equally near, that of which two letters changed places', () => {
    expect(didYouMean('stauts', ['stats', 'status'])).to.equal('status');
    expect(didYouMean('stauts', ['status', 'stats'])).to.equal('status');
    expect(didYouMean('wbe', ['we', 'web', 'wb'])).to.equal('web');
  });

  it('else the nearest; nothing where nothing is near', () => {
    expect(didYouMean('dependsOn', ['deploy', 'depends_on'])).to.equal('depends_on');
    expect(didYouMean('sttaus', ['stats', 'status'])).to.equal('status');
    expect(didYouMean('up', ['down', 'logs'])).to.equal(null);
  });
});
