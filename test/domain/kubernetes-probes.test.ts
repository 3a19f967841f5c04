import { expect } from 'chai';
import { toProbes } from '../../lib/domain/kubernetes/probes.ts';
import type { Probe } from '../../lib/domain/service.ts';
import { aProbe, aService } from '../support/stacks.ts';

const pace = (health: Partial<Probe>): unknown => {
  const told: string[] = [];
  const { readinessProbe } = toProbes({
    service: aService('web', { health: aProbe(health) }),
    write: (text) => (typeof text === 'string' ? text : ''),
    lose: (text) => told.push(text),
    refuse: (text) => told.push(text),
  });
  expect(told).to.deep.equal([]);
  const { tcpSocket: _, ...rest } = readinessProbe as Record<string, unknown>;
  return rest;
};

describe('the pace of a check on a cluster', () => {
  it('is a look a second where that is cheap, with as many failures and successes as take as long as in the file', () => {
    expect(pace({})).to.deep.equal({ periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 15, successThreshold: 1 });
    expect(pace({ successes: 3 })).to.deep.include({ periodSeconds: 1, successThreshold: 11 });
    expect(pace({ interval: 400, retries: 1, successes: 2 })).to.deep.include({ failureThreshold: 1, successThreshold: 2 });
  });

  it('is that of the file where a check may hang for longer than a second: kubelet looks once a timeout then', () => {
    expect(pace({ timeout: 4000, successes: 3 })).to.deep.equal({
      periodSeconds: 5,
      timeoutSeconds: 4,
      failureThreshold: 3,
      successThreshold: 3,
    });
    expect(pace({ interval: 6000 })).to.deep.include({ periodSeconds: 6, failureThreshold: 3, successThreshold: 1 });
  });
});
