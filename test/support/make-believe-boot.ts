import type { AttemptTimeline, RunRecord, ServiceTimeline } from '../../lib/domain/history.ts';
import type { Ms, ServiceName } from '../../lib/domain/service.ts';
import { aRandom, aRun } from './runs.ts';

/** What a random service does, told before it does it. */
type Script = {
  readonly name: ServiceName;
  readonly needs: readonly { readonly on: ServiceName; readonly required: boolean }[];
  readonly delay: Ms;
  readonly attempts: readonly {
    readonly ports: Ms;
    readonly spawn: Ms;
    readonly startupDelay: Ms;
    readonly boot: Ms;
    readonly lag: Ms;
    readonly fails: boolean;
  }[];
  readonly backoff: Ms;
};

type Draft = { -readonly [Key in keyof ServiceTimeline]: ServiceTimeline[Key] } & { attempts: AttemptTimeline[] };

export type MakeBelieve = {
  readonly run: RunRecord /** Of muster itself: before the first service, and after the last. */;
  readonly overhead: Ms;
};

/**
 * Plays a boot of a random graph, with failures, retries, delays and a limit of slots, as plainly as can be: at every moment it
 * looks at everything. It shares no code with what is tested with it.
 */
export const playRandomBoot = (seed: number): MakeBelieve => {
  const random = aRandom(seed);
  const scripts = writeScripts(random);
  const slots = random() < 0.5 ? null : 1 + Math.floor(random() * 3);
  const before = random() * 20;
  const after = random() * 5;
  const services = play(scripts, slots, before);
  const end = Math.max(
    before,
    ...Object.values(services).flatMap(({ attempts }) => attempts.map(({ ready, failed }) => ready ?? failed ?? 0)),
  );
  const failed = Object.values(services).some(({ outcome }) => outcome === 'failed');
  const run = aRun(seed, services, { duration: end + after, outcome: failed ? 'failed' : 'up', maxParallel: slots });
  return { run, overhead: before + after };
};

/** The same run, given up at a moment of it. */
export const interrupt = (run: RunRecord, at: Ms): RunRecord => {
  const seen = (time: Ms | null): Ms | null => (time === null || time > at ? null : time);
  const cutAttempt = (attempt: AttemptTimeline): AttemptTimeline => {
    const { lastMiss, ...rest } = attempt;
    const cut = { ...rest, portsClear: seen(rest.portsClear), spawned: seen(rest.spawned), firstProbe: seen(rest.firstProbe) };
    const ended = { ready: seen(rest.ready), failed: seen(rest.failed) };
    return lastMiss === undefined || lastMiss > at ? { ...cut, ...ended } : { ...cut, ...ended, lastMiss };
  };
  const cutService = (service: ServiceTimeline): ServiceTimeline => {
    const attempts = service.attempts.filter(({ begun }) => begun <= at).map(cutAttempt);
    const ready = seen(service.ready);
    const isOver =
      attempts.length === service.attempts.length && attempts.every(({ ready: one, failed }) => one !== null || failed !== null);
    const isSettled = service.outcome === 'skipped' || (isOver && attempts.length > 0);
    const satisfied = seen(service.satisfied);
    const outcome = isSettled ? service.outcome : 'unsettled';
    return {
      ...service,
      satisfied,
      releasedBy: satisfied === null ? null : service.releasedBy,
      delayed: seen(service.delayed),
      attempts,
      ready,
      outcome,
    };
  };
  const services = Object.fromEntries(Object.entries(run.services).map(([name, service]) => [name, cutService(service)]));
  return { ...run, services, outcome: 'interrupted', duration: at };
};

const writeScripts = (random: () => number): Script[] => {
  const count = 1 + Math.floor(random() * 12);
  return Array.from({ length: count }, (_, index): Script => {
    const tries = random() < 0.7 ? 1 : 2 + Math.floor(random() * 2);
    const isHopeless = random() < 0.1;
    return {
      name: `s${index}`,
      needs: Array.from({ length: index }, (_unused, on) => ({ on: `s${on}`, required: random() < 0.8 })).filter(
        () => random() < 0.3,
      ),
      delay: random() < 0.2 ? random() * 100 : 0,
      backoff: 10 + random() * 50,
      attempts: Array.from({ length: tries }, (_unused, attempt) => ({
        ports: random() * 3,
        spawn: random() * 5,
        startupDelay: random() < 0.2 ? random() * 30 : 0,
        boot: random() * 200,
        lag: random() < 0.5 ? random() * 10 : 0,
        fails: attempt < tries - 1 || isHopeless,
      })),
    };
  });
};

type Player = {
  readonly script: Script;
  readonly draft: Draft;
  state: 'waiting' | 'delayed' | 'queued' | 'starting' | 'backoff' | 'done';
  until: Ms;
  tried: number;
};

const play = (scripts: readonly Script[], slots: number | null, begin: Ms): Record<ServiceName, ServiceTimeline> => {
  const players = scripts.map((script): Player => {
    const draft: Draft = {
      satisfied: null,
      releasedBy: null,
      delayed: null,
      attempts: [],
      ready: null,
      outcome: 'unsettled',
      reason: null,
      definitionHash: 'one',
    };
    return { script, draft, state: 'waiting', until: begin, tried: 0 };
  });
  const outcomeOf = (name: ServiceName): ServiceTimeline['outcome'] =>
    players.find(({ script }) => script.name === name)?.draft.outcome ?? 'unsettled';

  const look = (player: Player, now: Ms, settled: ServiceName | null): void => {
    const { script, draft } = player;
    const broken = script.needs.some(
      ({ on, required }) => required && (outcomeOf(on) === 'failed' || outcomeOf(on) === 'skipped'),
    );
    if (broken) {
      draft.outcome = 'skipped';
      player.state = 'done';
    } else if (script.needs.every(({ on }) => outcomeOf(on) !== 'unsettled')) {
      Object.assign(draft, { satisfied: now, releasedBy: script.needs.length === 0 ? null : settled });
      Object.assign(player, { state: 'delayed', until: now + script.delay });
    }
  };

  /** A skip may skip others, or release those that did not insist: until nothing changes any more. */
  const lookAtAll = (now: Ms, settled: ServiceName | null): void => {
    const waiting = players.filter(({ state }) => state === 'waiting');
    for (const player of waiting) look(player, now, settled);
    const skipped = waiting.find(({ draft }) => draft.outcome === 'skipped');
    if (skipped !== undefined) lookAtAll(now, skipped.script.name);
  };

  const giveSlots = (now: Ms): void => {
    for (const player of players) {
      const busy = players.filter(({ state }) => state === 'starting').length;
      if (player.state !== 'queued' || (slots !== null && busy >= slots)) continue;
      const attempt = writeAttempt(player, now);
      player.draft.attempts.push(attempt);
      Object.assign(player, { state: 'starting', until: attempt.ready ?? attempt.failed ?? now });
    }
  };

  const step = (player: Player, now: Ms): void => {
    const { script, draft, state } = player;
    if (state === 'delayed') draft.delayed = now;
    if (state === 'delayed' || state === 'backoff') {
      player.state = 'queued';
      return;
    }
    const failed = draft.attempts.at(-1)?.failed ?? null;
    player.tried += 1;
    if (failed !== null && player.tried < script.attempts.length) {
      Object.assign(player, { state: 'backoff', until: now + script.backoff });
      return;
    }
    player.state = 'done';
    draft.outcome = failed === null ? 'ready' : 'failed';
    draft.ready = failed === null ? now : null;
    lookAtAll(now, script.name);
  };

  lookAtAll(begin, null);
  for (;;) {
    const active = players.filter(({ state }) => state === 'delayed' || state === 'starting' || state === 'backoff');
    const now = Math.min(...active.map(({ until }) => until));
    const next = active.find(({ until }) => until === now);
    if (next === undefined) break;
    step(next, now);
    giveSlots(now);
  }
  return Object.fromEntries(players.map(({ script, draft }) => [script.name, draft]));
};

const writeAttempt = ({ script, tried }: Player, begun: Ms): AttemptTimeline => {
  const { ports = 0, spawn = 0, startupDelay = 0, boot = 0, lag = 0, fails = false } = script.attempts[tried] ?? {};
  const portsClear = begun + ports;
  const spawned = portsClear + spawn;
  const firstProbe = spawned + startupDelay;
  const booted = firstProbe + boot;
  if (fails) return { begun, portsClear, spawned, firstProbe, ready: null, failed: booted, reason: 'exited with code 1' };
  const attempt = { begun, portsClear, spawned, firstProbe, ready: booted + lag, failed: null, reason: null };
  return lag > 0 ? { ...attempt, lastMiss: booted } : attempt;
};
