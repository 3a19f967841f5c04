import { expect } from 'chai';
import type { Cluster, Item, LogListener, LogSpan, WatchRequest } from '../../lib/runtime/kubernetes/cluster.ts';
import { followClusterLogs } from '../../lib/supervisor/cluster/follow-logs.ts';
import { createFakeClock } from '../support/fake-clock.ts';

const labels = { 'app.kubernetes.io/name': 'web' };
const stampOf = (second: number): string => `2026-01-01T00:00:0${second}.000000000Z`;

type Connection = LogListener & { readonly pod: string; readonly span: LogSpan };

/** A cluster whose pods and connections are what the test says. */
const rig = async (span: LogSpan) => {
  const clock = createFakeClock();
  const connections: Connection[] = [];
  const lines: string[] = [];
  const refused: string[] = [];
  let watch: WatchRequest | null = null;
  const podOf = (name: string, restartCount = 0, state: object = { running: {} }): Item =>
    ({ metadata: { name, labels }, status: { containerStatuses: [{ name: 'main', restartCount, state }] } }) as Item;
  const cluster = {
    list: (kind: string) => Promise.resolve({ ok: true, items: kind === 'Pod' ? [podOf('web-1')] : [], version: '' } as const),
    watch: (request: WatchRequest) => {
      if (request.kind === 'Pod') watch = request;
      return { stop: () => undefined };
    },
    followLogs: (pod: string, asked: LogSpan, listener: LogListener) => {
      connections.push({ pod, span: asked, ...listener });
      return { stop: () => undefined };
    },
  } as unknown as Cluster;
  const following = followClusterLogs({
    cluster,
    clock,
    labels: {},
    objectNames: new Set(['web']),
    span,
    onLine: (_, pod, { text }) => lines.push(`${pod} ${text}`),
    onRefused: (name, pod, { status }) => refused.push(`${name} ${pod} ${status}`),
  });
  expect(await following.start()).to.equal(null);
  const last = (): Connection => {
    const found = connections.at(-1);
    if (found === undefined) throw new Error('nobody has connected');
    return found;
  };
  return {
    clock,
    connections,
    lines,
    refused,
    last,
    put: (name: string, restartCount = 0, state: object = { running: {} }) =>
      watch?.onItem(podOf(name, restartCount, state), false),
    drop: (name: string) => watch?.onItem(podOf(name), true),
  };
};

describe('who follows the logs of pods', () => {
  for (const span of [
    { tail: 0, since: null },
    { tail: null, since: 1_767_000_000_000 },
  ])
    it(`a connection that is lost before any line asks for the same again: ${JSON.stringify(span)}`, async () => {
      const { clock, connections, last, put } = await rig(span);
      last().onEnd(null);
      await clock.advance(500);
      expect(connections.map((each) => each.span)).to.deep.equal([span, span]);
      last().onLine({ stamp: stampOf(1), text: 'one' });
      last().onEnd(null);
      await clock.advance(500);
      expect(last().span).to.deep.equal({ tail: null, since: Date.parse(stampOf(1)) });
      put('web-2');
      expect(last()).to.deep.include({ pod: 'web-2', span: { tail: null, since: null } });
    });

  it('all that a container writes that was started since then is new', async () => {
    const { clock, last, put } = await rig({ tail: 0, since: null });
    last().onEnd(null);
    put('web-1', 1);
    expect(last().span).to.deep.equal({ tail: null, since: null });
    await clock.advance(500);
  });

  it('one whose container ended before a lost connection was made again is asked for once more, and for no more than that', async () => {
    const { clock, connections, last, lines, put } = await rig({ tail: 0, since: null });
    last().onLine({ stamp: stampOf(1), text: 'one' });
    last().onEnd(null);
    put('web-1', 0, { terminated: { exitCode: 3 } });
    await clock.advance(500);
    expect(connections).to.have.lengthOf(2);
    last().onLine({ stamp: stampOf(1), text: 'one' });
    last().onLine({ stamp: stampOf(2), text: 'crash' });
    last().onEnd(null);
    put('web-1', 0, { terminated: { exitCode: 3 } });
    await clock.advance(20_000);
    expect(lines).to.deep.equal(['web-1 one', 'web-1 crash']);
    expect(connections).to.have.lengthOf(2);
    put('web-1', 1);
    expect(connections).to.have.lengthOf(3);
  });

  it('what is refused twice is told once for a service, and asked for again ten seconds later, however its pods change', async () => {
    const { clock, connections, last, lines, put, refused } = await rig({ tail: 5, since: null });
    const refusal = { status: 403, problem: 'pods "web-1" is forbidden' };
    last().onEnd(refusal);
    // Also of one that has ended meanwhile.
    put('web-1', 0, { terminated: { exitCode: 0 } });
    expect(refused).to.deep.equal([]);
    await clock.advance(500);
    last().onEnd(refusal);
    expect(refused).to.deep.equal(['web web-1 403']);
    put('web-1', 1);
    await clock.advance(9_000);
    expect(connections).to.have.lengthOf(2);
    await clock.advance(1_000);
    expect(connections).to.have.lengthOf(3);
    last().onEnd(refusal);
    await clock.advance(10_000);
    last().onLine({ stamp: stampOf(1), text: 'one' });
    expect(refused).to.have.lengthOf(1);
    expect(lines).to.deep.equal(['web-1 one']);
  });

  it('one that is gone is forgotten when its last line was told, and one that comes in its name is another', async () => {
    const { clock, connections, drop, last, lines, put } = await rig({ tail: 5, since: null });
    last().onLine({ stamp: stampOf(5), text: 'old' });
    drop('web-1');
    last().onLine({ stamp: stampOf(6), text: 'last' });
    last().onEnd({ status: 404, problem: 'pods "web-1" not found' });
    await clock.advance(20_000);
    expect(connections).to.have.lengthOf(1);
    put('web-1');
    expect(last().span).to.deep.equal({ tail: null, since: null });
    last().onLine({ stamp: stampOf(1), text: 'new' });
    expect(lines).to.deep.equal(['web-1 old', 'web-1 last', 'web-1 new']);
  });
});
