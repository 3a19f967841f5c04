import type { AttemptTimeline, History, RunRecord, ServiceTimeline } from '../../lib/domain/history.ts';
import type { Ms, ServiceName } from '../../lib/domain/service.ts';

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export const aRandom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

export const anAttempt = (overrides: Partial<AttemptTimeline> = {}): AttemptTimeline => ({
  begun: 0,
  portsClear: 0,
  spawned: 0,
  firstProbe: 0,
  ready: null,
  failed: null,
  reason: null,
  ...overrides,
});

export const aTimeline = (overrides: Partial<ServiceTimeline> = {}): ServiceTimeline => ({
  satisfied: 0,
  releasedBy: null,
  delayed: 0,
  attempts: [],
  ready: null,
  outcome: 'ready',
  reason: null,
  definitionHash: 'one',
  ...overrides,
});

/** A service that had everything at once and was ready `took` after `at`. */
export const aBoot = (took: Ms, overrides: Partial<ServiceTimeline> & { readonly at?: Ms } = {}): ServiceTimeline => {
  const { at = 0, ...rest } = overrides;
  const attempt = anAttempt({ begun: at, portsClear: at, spawned: at, firstProbe: at, ready: at + took });
  return aTimeline({ satisfied: at, delayed: at, attempts: [attempt], ready: at + took, ...rest });
};

export const aRun = (
  id: number,
  services: Readonly<Record<ServiceName, ServiceTimeline>>,
  overrides: Partial<RunRecord> = {},
): RunRecord => ({
  id,
  uid: `run-${id}`,
  startedAt: 1_700_000_000_000 + id * 60_000,
  environment: 'development',
  machine: 'linux-x64-2',
  warm: false,
  trigger: 'up',
  outcome: 'up',
  duration: Math.max(0, ...Object.values(services).map(({ ready }) => ready ?? 0)),
  definitionHash: 'stack',
  maxParallel: null,
  services,
  stop: null,
  ...overrides,
});

/** One run for each entry, oldest first: what each service took from its spawn to ready. */
export const aHistory = (...runs: readonly Readonly<Record<ServiceName, Ms>>[]): History => ({
  runs: runs.map((times, index) =>
    aRun(
      index + 1,
      Object.fromEntries(Object.entries(times).map(([name, took]) => [name, aBoot(took, { definitionHash: name })])),
    ),
  ),
  folded: {},
});

/** `count` runs of services `s0`, `s1` …, as they come out of real boots: every field set. */
export const aLongHistory = (count: number, services: number): History => ({
  runs: Array.from({ length: count }, (_, index) => aFullRun(index + 1, services)),
  folded: {},
});

const aFullRun = (id: number, services: number): RunRecord => {
  const random = aRandom(id);
  const entries = Array.from({ length: services }, (_, index): [ServiceName, ServiceTimeline] => {
    const at = index * 10 + random();
    const attempt = {
      begun: at + 0.31,
      portsClear: at + 1.17,
      spawned: at + 4.77,
      firstProbe: at + 5.21,
      cpu: 20 + Math.round(100 * random()),
      failed: null,
      reason: null,
    };
    const ready = at + 5.21 + 100 * random();
    return [
      `service-${index}`,
      aTimeline({
        satisfied: at,
        delayed: at + 0.2,
        releasedBy: index === 0 ? null : `service-${index - 1}`,
        attempts: [{ ...attempt, ready }],
        ready,
        definitionHash: '0123456789abcdef',
      }),
    ];
  });
  return aRun(id, Object.fromEntries(entries), { ownCpu: 400 });
};
