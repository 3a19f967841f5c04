import { expect } from 'chai';
import type { ServiceName } from '../../lib/domain/service.ts';
import { type StackEvent, toServiceEvents } from '../../lib/domain/stack-events.ts';
import { takeServiceSnapshot } from '../../lib/domain/take-snapshot.ts';
import { bootAll, post, startBoot, startStop, stopAll } from '../support/drive.ts';
import { createRandom } from '../support/random.ts';
import { aRandomStack } from '../support/random-stack.ts';
import { aDependency, aProbe, aRig, aService, aStack, type Rig } from '../support/stacks.ts';

type OfService = Extract<StackEvent, { readonly attempt: number }>;

/** What a program would hear. */
const listen = ({ supervisor }: Rig): OfService[] => {
  const told: OfService[] = [];
  supervisor.subscribe((changes) => {
    for (const change of changes) {
      const { name, after: record, at } = change;
      const service = supervisor.stack.services.get(name);
      if (service === undefined) continue;
      const seen = takeServiceSnapshot({ service, record, now: at, began: 0 });
      told.push(...toServiceEvents(change, seen, at).filter((event): event is OfService => 'attempt' in event));
    }
  });
  return told;
};

const byService = (told: readonly OfService[]): ReadonlyMap<ServiceName, readonly OfService[]> => {
  const groups = new Map<ServiceName, OfService[]>();
  for (const event of told) groups.set(event.service, [...(groups.get(event.service) ?? []), event]);
  return groups;
};

/** What is wrong with the story of one service; null: it makes sense. */
const findFault = (story: readonly OfService[]): string | null => {
  const phase = new Map<number, string>();
  for (const [index, event] of story.entries()) {
    const next = story[index + 1];
    const before = phase.get(event.attempt);
    switch (event.type) {
      case 'serviceStarted':
        if (before !== 'serviceStarting') return `started from ${before}`;
        break;
      case 'serviceReady':
        if (before !== 'serviceStarted') return `ready from ${before}`;
        break;
      case 'healthChanged':
        if (before !== 'serviceReady' && before !== 'healthChanged') return `health from ${before}`;
        break;
      case 'serviceDied':
        if (next?.type !== 'serviceRestarting' && next?.type !== 'serviceFailed') return `died, then ${next?.type}`;
        break;
      case 'serviceStopping':
        if (!['serviceStarted', 'serviceReady', 'healthChanged', 'serviceStarting'].includes(before ?? ''))
          return `stopping from ${before}`;
        break;
      default:
    }
    phase.set(event.attempt, event.type);
  }
  return null;
};

describe('the events that a program hears of its services', function () {
  it('tell a story that makes sense, of random stacks with random failures that are stopped at any moment', () => {
    return Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const seed = index + 1;
        const random = createRandom(seed);
        const { stack, scripts } = aRandomStack(random);
        const rig = aRig(stack, scripts);
        const told = listen(rig);
        startBoot(rig);
        await rig.runtime.clock.advance(random.below(6_000));
        const stop = startStop(rig);
        await rig.runtime.clock.runUntil(stop.isDone);
        for (const [name, story] of byService(told)) {
          const text = story.map(({ type, attempt }) => `${type} ${attempt}`).join(', ');
          expect(findFault(story), `seed ${seed}, ${name}: ${text}`).to.equal(null);
          expect(story.at(-1)?.type, `seed ${seed}, ${name}: ${text}`).not.to.be.oneOf([
            'serviceStarted',
            'serviceReady',
            'serviceStopping',
          ]);
        }
      }),
    );
  });

  // web ─► api ─► db
  it('say who waits for whom, for how long, who is skipped and because of whom', async () => {
    const rig = aRig(
      aStack([
        aService('db', { waitBeforeStart: 300, restart: { ...aService('db').restart, policy: 'no' } }),
        aService('api', { dependsOn: [aDependency('db')] }),
        aService('web', { dependsOn: [aDependency('api')] }),
      ]),
      { db: [{ readyAfter: null, exits: { after: 10, code: 2 } }] },
    );
    const told = listen(rig);
    await bootAll(rig);
    const of = (name: ServiceName): readonly object[] =>
      told.filter(({ service }) => service === name).map(({ at: _at, service: _service, ...rest }) => rest);
    expect(of('web')).to.deep.equal([
      { type: 'serviceWaiting', attempt: 0, waitsFor: ['api'] },
      { type: 'serviceSkipped', attempt: 0, because: ['api', 'db'] },
    ]);
    expect(of('db')[0]).to.deep.equal({ type: 'serviceDelayed', attempt: 0, for: 300 });
    expect(of('db').slice(-2)).to.deep.equal([
      {
        ...{ type: 'serviceDied', attempt: 1, code: 2, signal: null },
        ...{ beforeReady: true, reason: 'exited with code 2 before it was ready' },
      },
      {
        ...{ type: 'serviceFailed', attempt: 1, restarts: 0 },
        ...{ optional: false, reason: 'exited with code 2 before it was ready' },
      },
    ]);
  });

  it('tell when one becomes ill and well again, and why', async () => {
    const rig = aRig(aStack([aService('api', { health: aProbe({ retries: 1 }) })]));
    await bootAll(rig);
    const told = listen(rig);
    const probed = { type: 'probed', attempt: 1, purpose: 'health', missedAt: null } as const;
    post(rig, 'api', { ...probed, result: { ok: false, detail: '503 Service Unavailable' } });
    post(rig, 'api', { ...probed, result: { ok: true } });
    expect(told.map((event) => (event.type === 'healthChanged' ? [event.healthy, event.reason] : event.type))).to.deep.equal([
      [false, '503 Service Unavailable'],
      [true, null],
    ]);
    await stopAll(rig);
  });

  it('tell of a restart after which time it comes, and which one of how many it is', async () => {
    const restart = { ...aService('api').restart, max: 2, delay: 100 };
    const rig = aRig(aStack([aService('api', { restart })]), {
      api: [{ readyAfter: null, exits: { after: 5, code: 1 } }, { readyAfter: 5 }],
    });
    const told = listen(rig);
    await bootAll(rig);
    const again = told.find(({ type }) => type === 'serviceRestarting');
    expect(again).to.deep.include({ service: 'api', attempt: 1, after: 100, retry: 1, of: 2 });
    expect(told.at(-1)).to.deep.include({ type: 'serviceReady', attempt: 2 });
    await stopAll(rig);
  });

  it('name the holder of a port', async () => {
    const rig = aRig(aStack([aService('api')]));
    const told = listen(rig);
    startBoot(rig);
    const holder = {
      ...{ port: 80, address: '127.0.0.1', process: { pid: 7, startTime: '1', bootId: 'x' }, uid: 0, user: 'ann' },
      ...{ command: 'node x.js', since: null, marker: null },
    };
    post(rig, 'api', { type: 'portsRefused', attempt: 1, refusal: { port: 80, holders: [holder], why: 'stranger' } });
    const conflict = told.find(({ type }) => type === 'portConflict');
    expect(conflict).to.deep.include({ port: 80, holders: [{ pid: 7, command: 'node x.js', user: 'ann' }] });
    expect(conflict?.type === 'portConflict' && conflict.reason).to.match(/^port 80 is held by pid 7/);
    await stopAll(rig);
  });
});
