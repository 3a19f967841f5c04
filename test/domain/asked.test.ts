import { expect } from 'chai';
import { tellAsked } from '../../lib/domain/asked.ts';
import type { ProbeCheck, Service, Text } from '../../lib/domain/service.ts';

const http = (url: Text): ProbeCheck => ({ kind: 'http', url, method: 'GET', headers: {}, status: [], bodyMatches: null });

const asked = (check: ProbeCheck, port: number | null = 3000, host = '127.0.0.1'): string | null => {
  const ready = { check, interval: 1, timeout: 1, retries: 1, successes: 1 };
  return tellAsked({ name: 'api', host, ready } satisfies Pick<Service, 'name' | 'host' | 'ready'>, port);
};

describe('the address that a probe asks', () => {
  const ownPort = { service: 'api', what: 'port' } as const;

  it('is told as it is on this run', () => {
    expect(asked(http(['http://localhost:', ownPort, '/health']))).to.equal('http://localhost:3000/health');
    expect(asked({ kind: 'tcp', host: '127.0.0.1', port: [ownPort] })).to.equal('127.0.0.1:3000');
    expect(asked(http('http://127.0.0.1:81/'))).to.equal('http://127.0.0.1:81/');
  });

  it('is one that can be reached, of a service that listens everywhere or by IPv6', () => {
    const url = http([{ service: 'api', what: 'url' }, '/health']);
    expect(asked(url, 3000, '0.0.0.0')).to.equal('http://127.0.0.1:3000/health');
    expect(asked(url, 3000, '::')).to.equal('http://[::1]:3000/health');
    expect(asked(url, 3000, '[::1]')).to.equal('http://[::1]:3000/health');
  });

  it('has neither password nor query', () => {
    expect(asked(http('http://ann:s3cret@127.0.0.1:81/health?key=s3cret#s3cret'))).to.equal('http://127.0.0.1:81/health');
    expect(asked(http('http://ann:s3@cret@127.0.0.1:81/a@b'))).to.equal('http://127.0.0.1:81/a@b');
    expect(asked(http('http://127.0.0.1:81?key=s3cret@x'))).to.equal('http://127.0.0.1:81');
  });

  it('is not told where it is of another service, not known yet, or none at all', () => {
    expect(asked(http(['http://localhost:', { service: 'db', what: 'port' }]))).to.equal(null);
    expect(asked({ kind: 'tcp', host: '127.0.0.1', port: [ownPort] }, null)).to.equal(null);
    expect(asked({ kind: 'log', pattern: 'ready' })).to.equal(null);
  });
});
