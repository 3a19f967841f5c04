import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Observation, observe, type Seen } from '../../lib/domain/kubernetes/observe.ts';
import type { ClusterEvent, Pod, WorkloadObject } from '../../lib/domain/kubernetes/status.ts';

/** Objects of a real cluster (1.20, three nodes) on which seven things fail. */
const read = <Item>(what: string): readonly Item[] =>
  (
    JSON.parse(readFileSync(join(import.meta.dirname, '..', 'data', 'kubernetes', `failing-${what}.json`), 'utf8')) as {
      items: Item[];
    }
  ).items;

const pods = read<Pod>('pods');
const workloads = read<WorkloadObject>('workloads');
const events = read<ClusterEvent>('events');

const seenOf = (name: string, logLine: string | null = null): Seen => ({
  object: workloads.find(({ metadata }) => metadata?.name === name) ?? null,
  pods: pods.filter(({ metadata }) => metadata?.name?.startsWith(`${name}-`)),
  events: events.filter(({ involvedObject }) => involvedObject?.name?.startsWith(name)),
  logLine,
});

const deployment = (status: WorkloadObject['status'], generation = 2): WorkloadObject => ({
  kind: 'Deployment',
  metadata: { name: 'web', generation },
  spec: { replicas: 2 },
  status: status ?? {},
});

const kindOf = (object: WorkloadObject | null): Observation['kind'] =>
  observe({ object, pods: [], events: [], logLine: null }).kind;

describe('what has become of a workload on a cluster', () => {
  it('of pods of the same second, the first that is listed has the word; of others, the newest', () => {
    const pod = (name: string, second: number): Pod => ({
      metadata: { name, creationTimestamp: `2026-01-01T00:00:0${second}Z` },
      status: {
        phase: 'Pending',
        containerStatuses: [
          { name: 'main', image: name, state: { waiting: { reason: 'ImagePullBackOff', message: 'not found' } } },
        ],
      },
    });
    const told = (pods: readonly Pod[]) => {
      const seen = observe({ object: deployment({}), pods, events: [], logLine: null });
      return 'reason' in seen ? (/\b(?:first|second|third)\b/.exec(seen.reason ?? '')?.[0] ?? seen.reason) : seen.kind;
    };
    expect(told([pod('first', 1), pod('second', 1), pod('third', 1)])).to.equal('first');
    expect(told([pod('first', 1), pod('second', 3), pod('third', 2)])).to.equal('second');
  });

  const sentences: Readonly<
    Record<string, { readonly kind: string; readonly reason: string; readonly said?: string; readonly logLine?: string }>
  > = {
    badcmd: { kind: 'failed', reason: 'its program "node-not-here" is not in the image' },
    crash: {
      kind: 'failed',
      reason: 'exited with code 3, 3 restarts so far',
      said: 'boom: ECONNREFUSED',
      logLine: 'boom: ECONNREFUSED',
    },
    jobfail: { kind: 'failed', reason: 'exited with code 7' },
    neverready: { kind: 'progressing', reason: 'runs, and is not ready: nothing listens on port 8080' },
    noimage: {
      kind: 'progressing',
      reason: 'its image 10.98.0.100:5000/shop/missing:9 cannot be pulled: the registry speaks HTTP, and its node asks by HTTPS',
    },
    oom: { kind: 'failed', reason: 'was killed because it used more memory than its limit of 64Mi, 3 restarts so far' },
    unsched: { kind: 'progressing', reason: 'fits on no node: 0/3 nodes are available: 3 Insufficient memory' },
  };
  for (const [name, { logLine = null, ...expected }] of Object.entries(sentences)) {
    it(`${name}: one correct sentence from the objects of a real cluster`, () => {
      expect(observe(seenOf(name, logLine))).to.deep.equal(expected);
    });
  }

  it('a Deployment is ready when its newest form was seen, and all pods of that form are ready and last', () => {
    const whole = { observedGeneration: 2, replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 };
    expect(kindOf(deployment(whole))).to.equal('ready');
    for (const short of ['observedGeneration', 'updatedReplicas', 'readyReplicas', 'availableReplicas'] as const)
      expect(kindOf(deployment({ ...whole, [short]: 1 })), short).to.equal('progressing');
    expect(kindOf(deployment({ ...whole, replicas: 3 })), 'an old pod is left').to.equal('progressing');
    expect(kindOf(deployment({}))).to.equal('progressing');
    expect(kindOf(null)).to.equal('absent');
  });

  it('a Job has ended when a condition says so', () => {
    const job = (type: string, reason = ''): WorkloadObject => ({
      kind: 'Job',
      status: { conditions: [{ type, status: 'True', reason }] },
    });
    expect(kindOf(job('Complete'))).to.equal('completed');
    expect(kindOf(job('Suspended'))).to.equal('progressing');
    expect(observe({ object: job('Failed', 'DeadlineExceeded'), pods: [], events: [], logLine: null })).to.deep.equal({
      kind: 'failed',
      reason: 'took longer than it may',
    });
    expect(observe({ object: job('Failed'), pods: [], events: [], logLine: null })).to.deep.equal({
      kind: 'failed',
      reason: 'failed, and no pod of it is left to say why',
    });
  });

  it('a missing Secret, a private registry, a slow answer and a wrong status are told, too', () => {
    const podWith = (state: object, more: object = {}): Pod => ({
      metadata: { name: 'web-1' },
      spec: { containers: [{ image: 'shop/web:1' }] },
      status: { containerStatuses: [{ ready: false, state, image: 'shop/web:1', ...more }] },
    });
    const tell = (pod: Pod, reason?: string, message?: string): string | null => {
      const told = reason === undefined ? [] : [{ reason, message: message ?? '', involvedObject: { name: 'web-1' } }];
      const result = observe({ object: deployment({}), pods: [pod], events: told, logLine: null });
      return result.kind === 'progressing' || result.kind === 'failed' ? result.reason : null;
    };
    const waiting = (reason: string, message = ''): Pod => podWith({ waiting: { reason, message } });
    const running = podWith({ running: {} }, { started: true });
    expect(tell(waiting('CreateContainerConfigError', 'secret "web-env" not found'))).to.equal(
      'its container cannot be made: secret "web-env" not found',
    );
    expect(tell(waiting('InvalidImageName'))).to.equal('"shop/web:1" is no name of an image');
    expect(tell(waiting('ErrImagePull'), 'Failed', 'Failed to pull image "shop/web:1": pull access denied')).to.equal(
      'its image shop/web:1 may not be pulled: the registry asks for credentials',
    );
    expect(tell(waiting('ImagePullBackOff'), 'Failed', 'Failed to pull image "shop/web:1": manifest unknown')).to.equal(
      'its image shop/web:1 does not exist, or not with this tag',
    );
    expect(
      tell(waiting('ErrImagePull'), 'Failed', 'Failed to pull image "shop/web:1": dial tcp: lookup hub: no such host'),
    ).to.equal('its image shop/web:1 cannot be pulled: the registry cannot be reached');
    expect(tell(running, 'Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 503')).to.equal(
      'runs, and is not ready: its check answers with status 503',
    );
    expect(
      tell(running, 'Unhealthy', 'Startup probe failed: Get "http://10.0.0.1:80/health": context deadline exceeded'),
    ).to.equal('runs, and is not ready: no answer in time from :80/health');
    expect(tell(running)).to.equal('runs, and is not ready');
  });

  it('what is damaged or empty is no mistake of ours', () => {
    const odd = [
      {},
      { status: {} },
      { status: { containerStatuses: [{}] } },
      { metadata: {}, status: { conditions: [{}] } },
    ] as readonly Pod[];
    for (const pod of odd)
      expect(observe({ object: deployment({}), pods: [pod], events: [{}], logLine: null }).kind).to.equal('progressing');
  });
});
