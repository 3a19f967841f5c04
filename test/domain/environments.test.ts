import { expect } from 'chai';
import { builtInEnvironments, isHotReloadOn, isolatesErrors } from '../../lib/domain/environments.ts';

describe('environments by name', () => {
  it('watch files only in development', () => {
    expect([...builtInEnvironments, 'staging'].filter(isHotReloadOn)).to.deep.equal(['development']);
  });

  it('isolate errors only in production', () => {
    expect([...builtInEnvironments, 'staging'].filter(isolatesErrors)).to.deep.equal(['production']);
  });
});
