import { expect } from 'chai';
import { chooseEnvironment, defaultCondition, defaultRestart, toEnvironment } from '../../lib/domain/defaults.ts';

describe('defaults', () => {
  it('waits for health where it can be seen, for the end of a task, else for the start', () => {
    expect(defaultCondition({ type: 'service', hasProbe: true })).to.equal('healthy');
    expect(defaultCondition({ type: 'service', hasProbe: false })).to.equal('started');
    expect(defaultCondition({ type: 'task', hasProbe: false })).to.equal('completed');
  });

  it('the environment is what is named, else MUSTER_ENV, else NODE_ENV, else development', () => {
    const both = { MUSTER_ENV: 'staging', NODE_ENV: 'production' };
    expect(chooseEnvironment('testing', both)).to.equal('test');
    expect(chooseEnvironment(null, both)).to.equal('staging');
    expect(chooseEnvironment(' ', { ...both, MUSTER_ENV: '' })).to.equal('production');
    expect(chooseEnvironment(null, {})).to.equal('development');
  });

  it('takes `testing` for `test`', () => {
    expect(['testing', 'test', 'production', 'staging', ''].map(toEnvironment)).to.deep.equal([
      'test',
      'test',
      'production',
      'staging',
      'development',
    ]);
  });

  it('restarts after 1, 2, 4, 8 and 16 seconds', () => {
    const { delay, factor, maxDelay, max } = defaultRestart;
    const delays = Array.from({ length: max }, (_, n) => Math.min(maxDelay, delay * factor ** n));
    expect(delays).to.deep.equal([1000, 2000, 4000, 8000, 16_000]);
  });
});
