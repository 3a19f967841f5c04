import { expect } from 'chai';
import type { Stack } from '../../lib/domain/service.ts';
import type { LocalControl } from '../../lib/interfaces/control/local.ts';
import type { ControlEvent } from '../../lib/interfaces/control.ts';
import { type SuperviseOptions, supervise } from '../../lib/interfaces/session/supervise.ts';
import type { ClaimOptions } from '../../lib/runtime/sockets.ts';
import { createGate } from '../../lib/util/gate.ts';
import type { Script } from '../support/fake-runtime.ts';
import { aSession, type SessionRig } from '../support/sessions.ts';
import { aService, aStack } from '../support/stacks.ts';

/** Ends by SIGKILL alone. */
const deaf: Script = { readyAfter: 10, stopTakes: null };
const slow = aService('slow', { stop: { signal: 'SIGTERM', timeout: 10_000, command: null } });

type Supervised = Omit<SessionRig, 'control'> & {
  readonly done: Promise<number>;
  readonly control: () => LocalControl;
  readonly told: ControlEvent[];
  /** How urgently it goes down, each time that this was told. */
  readonly stops: () => readonly number[];
  /** Lets time move until so many have been told. */
  readonly untilStops: (count: number) => Promise<void>;
  /** Milliseconds from the stop signal to its end. */
  readonly graceOf: (name: string) => number;
};

const superviseStack = (
  stack: Stack,
  scripts: Readonly<Record<string, readonly Script[]>>,
  more: Partial<SuperviseOptions> = {},
): Supervised => {
  const rig = aSession(stack, scripts);
  const { session, runtime } = rig;
  const told: ControlEvent[] = [];
  let control: LocalControl | null = null;
  const done = supervise({
    session,
    names: session.graph.order,
    isBackground: false,
    endOnFailure: false,
    strict: false,
    notesOf: () => [],
    reload: async () => 'not here',
    prepare: async () => undefined,
    afterStarts: async () => undefined,
    dashboard: async () => ({ ok: false, reason: 'not here' }),
    notice: () => undefined,
    closed: new AbortController().signal,
    onEvent: (event) => void told.push(event),
    open: async (local) => {
      control = local;
      return { close: async () => undefined };
    },
    ...more,
  });
  const stops = (): readonly number[] => told.flatMap((event) => (event.type === 'stopping' ? [event.times] : []));
  return {
    ...rig,
    done,
    told,
    stops,
    control: () => {
      if (control === null) throw new Error('it is not open yet');
      return control;
    },
    untilStops: (count) => runtime.clock.runUntil(() => stops().length >= count),
    graceOf: (name) => {
      const asked = runtime.signals.find((sent) => sent.name === name && sent.signal === 'SIGTERM')?.at ?? Number.NaN;
      return (runtime.spawned.findLast((process) => process.name === name)?.endedAt ?? Number.NaN) - asked;
    },
  };
};

const booted = async (supervised: Supervised): Promise<void> => {
  const isBooted = (): boolean => supervised.told.some(({ type }) => type === 'booted');
  await supervised.move(
    (async () => {
      while (!isBooted()) await new Promise((resolve) => setImmediate(resolve));
    })(),
  );
};

/** As the system would send it. */
const send = (signal: 'SIGTERM' | 'SIGHUP'): void => void process.emit(signal);

describe('the supervisor, asked to end', () => {
  it('E5: in the background a lost terminal means nothing, and makes it deaf to nothing', async () => {
    const it = superviseStack(aStack([slow]), { slow: [deaf] }, { isBackground: true });
    await booted(it);
    send('SIGHUP');
    expect([it.stateOf('slow'), it.stops()]).to.deep.equal(['ready', []]);
    send('SIGTERM');
    send('SIGHUP');
    expect(it.stops()).to.deep.equal([1]);
    send('SIGTERM');
    expect(await it.move(it.done)).to.equal(143);
    expect(it.stops()).to.deep.equal([1, 2]);
    expect(it.graceOf('slow')).to.equal(1_000);
  });

  it('E3: the first Ctrl-C after somebody else has asked is the second one, as was said', async () => {
    const it = superviseStack(aStack([slow]), { slow: [deaf] });
    await booted(it);
    const down = it.control().down();
    expect(it.stops()).to.deep.equal([1]);
    send('SIGTERM');
    expect(it.stops()).to.deep.equal([1, 2]);
    expect(await it.move(it.done)).to.equal(143);
    expect((await down).survivors).to.deep.equal([]);
    expect(it.graceOf('slow')).to.equal(1_000);
  });

  // bad fails, which ends the command by itself; slow takes its time
  for (const ask of ['a signal', 'a down'] as const) {
    it(`E3: where it ends by itself, ${ask} is the first that asks: everything keeps its grace`, async () => {
      const bad = aService('bad', { restart: { ...slow.restart, policy: 'no' } });
      const it = superviseStack(
        aStack([slow, bad]),
        { slow: [deaf], bad: [{ readyAfter: null, exits: { after: 100, code: 3 } }] },
        { endOnFailure: true },
      );
      await booted(it);
      await it.untilStops(1);
      expect(it.stateOf('slow')).to.equal('stopping');
      const down = ask === 'a down' ? it.control().down() : null;
      if (down === null) send('SIGTERM');
      expect(it.stops()).to.deep.equal([1, 1]);
      expect(await it.move(it.done)).to.equal(1);
      await down;
      expect(it.graceOf('slow')).to.equal(10_000);
    });
  }

  it('E3: by whomever, each further one is more urgent, and nobody makes it slower again', async () => {
    const it = superviseStack(aStack([slow]), { slow: [deaf] });
    await booted(it);
    const { down, hurry } = it.control();
    await hurry(2);
    expect(it.stops()).to.deep.equal([]);
    send('SIGTERM');
    void down();
    await hurry(1);
    await hurry(1);
    expect(it.stops()).to.deep.equal([1, 2]);
    send('SIGTERM');
    await hurry(1);
    send('SIGTERM');
    expect(it.stops()).to.deep.equal([1, 2, 3, 3]);
    await it.move(it.done);
    expect(it.graceOf('slow')).to.equal(0);
  });

  it('E3: while it goes down for a bug of ours, a signal is the first that asks, and nothing is stopped twice', async () => {
    let stops = 0;
    const it = superviseStack(aStack([slow]), { slow: [deaf] }, { afterStarts: () => Promise.reject(new Error('a bug')) });
    const { stopAll } = it.session;
    Object.assign(it.session, {
      stopAll: () => {
        stops += 1;
        return stopAll();
      },
    });
    const ended = it.done.then(
      () => 'ended',
      (error: Error) => error.message,
    );
    await it.runtime.clock.runUntil(() => it.stateOf('slow') === 'stopping');
    send('SIGTERM');
    expect(await it.move(ended)).to.equal('a bug');
    expect([stops, it.stops()]).to.deep.equal([1, [1]]);
    expect(it.graceOf('slow')).to.equal(10_000);
  });

  it('what was asked for by hand and has not begun when it ends by itself does not begin any more', async () => {
    const once = aService('once', { restart: { ...slow.restart, policy: 'no' } });
    const late = aService('late', { ports: [{ name: null, wanted: null }] });
    const it = superviseStack(
      aStack([once]),
      { once: [{ exits: { after: 1_000, code: 0 } }] },
      { reload: async () => aStack([once, late]) },
    );
    await booted(it);
    const { claimPorts } = it.runtime;
    const gate = createGate();
    Object.assign(it.runtime, {
      claimPorts: async (options: ClaimOptions) => {
        await gate.opened;
        return claimPorts(options);
      },
    });
    const request = { file: '/services.yaml', environment: null, profiles: [], only: [], noDeps: false, variables: {} };
    const applied = it.control().apply(request);
    await it.runtime.clock.runUntil(() => it.stateOf('once') === 'completed');
    gate.open();
    await it.move(Promise.all([it.done, applied]));
    await it.runtime.clock.advance(1_000);
    expect(it.spawned()).to.deep.equal(['once']);
  });
});
