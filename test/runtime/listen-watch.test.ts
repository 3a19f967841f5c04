import { expect } from 'chai';
import { createListenWatch, decisivePort } from '../../lib/runtime/probes/listen-watch.ts';
import type { ReadyCheck } from '../../lib/runtime/probes/probe.ts';
import { createFakeClock } from '../support/fake-clock.ts';

const aWatch = ({ cost = 0 } = {}) => {
  const clock = createFakeClock();
  const ports = new Set<number>();
  let looks = 0;
  let spent = 0;
  const watch = createListenWatch({
    clock: { ...clock, now: () => clock.now() + spent },
    readPorts: () => {
      looks += 1;
      spent += cost;
      return new Set(ports);
    },
  });
  return { clock, ports, watch, looks: () => looks };
};

describe('waiting for somebody to listen', () => {
  it('sees it at the next look, tells it once, and looks no more', async () => {
    const { clock, ports, watch, looks } = aWatch();
    const seen: { at: number; missedAt: number }[] = [];
    watch.wait({ port: 80, pace: () => 5, onListening: (missedAt) => seen.push({ at: clock.now(), missedAt }) });
    await clock.advance(23);
    ports.add(80);
    await clock.advance(100);
    expect(seen).to.deep.equal([{ at: 25, missedAt: 20 }]);
    expect(looks()).to.equal(5);
  });

  it('looks before its time when there is reason to, but not twice in a row and not when looking is dear', async () => {
    const { clock, ports, watch, looks } = aWatch();
    let seen = 0;
    watch.nudge();
    expect(looks()).to.equal(0);
    watch.wait({ port: 80, pace: () => 10, onListening: () => void (seen += 1) });
    watch.wait({ port: 81, pace: () => 10, onListening: () => void (seen += 1) });
    await clock.advance(12);
    watch.nudge();
    watch.nudge();
    expect(looks()).to.equal(2);
    ports.add(80);
    await clock.advance(1);
    watch.nudge();
    expect(seen).to.equal(1);
    // The next look in its time is one pace after that, and there is only one.
    await clock.advance(10);
    expect(looks()).to.equal(4);

    const dear = aWatch({ cost: 100 });
    dear.watch.wait({ port: 80, pace: () => 1, onListening: () => undefined });
    await dear.clock.advance(1);
    dear.watch.nudge();
    expect(dear.looks()).to.equal(1);
  });

  it('F143: one look serves a thousand that wait', async () => {
    const { clock, ports, watch, looks } = aWatch();
    let seen = 0;
    for (let port = 1; port <= 1000; port += 1) watch.wait({ port, pace: () => 5, onListening: () => void (seen += 1) });
    await clock.advance(50);
    for (let port = 1; port <= 1000; port += 1) ports.add(port);
    await clock.advance(5);
    expect(seen).to.equal(1000);
    expect(looks()).to.equal(11);
  });

  it('a dear look is no reason to look away; a hundred are', async () => {
    const { clock, watch, looks } = aWatch({ cost: 7 });
    watch.wait({ port: 80, pace: () => 2, onListening: () => undefined });
    await clock.advance(10);
    expect(looks()).to.be.at.least(3);
    await clock.advance(5_600);
    expect(looks()).to.be.within(80, 120);
  });

  it('looks no more when nobody waits any longer', async () => {
    const { clock, watch, looks } = aWatch();
    const stop = watch.wait({ port: 80, pace: () => 5, onListening: () => undefined });
    await clock.advance(12);
    stop();
    await clock.advance(1000);
    expect(looks()).to.equal(2);
  });

  it('answers from a look that is still fresh', async () => {
    const { clock, ports, watch, looks } = aWatch();
    expect(watch.isListening(80)).to.equal(false);
    ports.add(80);
    expect(watch.isListening(80)).to.equal(false);
    await clock.advance(3);
    expect(watch.isListening(80)).to.equal(true);
    expect(looks()).to.equal(2);
  });
});

describe('the port that decides', () => {
  const http = (url: string): ReadyCheck => ({ kind: 'http', url, method: 'GET', headers: {}, status: [], bodyMatches: null });

  it('is one that the service declared, on this machine; elsewhere, asking is the only way', () => {
    expect(decisivePort({ kind: 'tcp', host: '127.0.0.1', port: 80 }, [80])).to.equal(80);
    expect(decisivePort({ kind: 'tcp', host: 'localhost', port: 80 }, [81])).to.equal(null);
    expect(decisivePort({ kind: 'tcp', host: '192.0.2.1', port: 80 }, [80])).to.equal(null);
    expect(decisivePort(http('http://[::1]:3000/up'), [3000])).to.equal(3000);
    expect(decisivePort(http('http://localhost/up'), [80])).to.equal(80);
    expect(decisivePort(http('https://api.localhost/up'), [443])).to.equal(443);
    expect(decisivePort(http('http://example.test:3000/'), [3000])).to.equal(null);
    expect(decisivePort(http('nonsense'), [80])).to.equal(null);
    expect(decisivePort({ kind: 'notify' }, [80])).to.equal(null);
  });
});
