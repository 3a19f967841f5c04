import { once } from 'node:events';
import { expect } from 'chai';
import type { Hook } from '../../lib/domain/service.ts';
import { endPolitely } from '../../lib/runtime/processes/end-politely.ts';
import type { Processes, Tree } from '../../lib/runtime/processes.ts';
import { toAddress } from '../../lib/runtime/sockets/addresses.ts';
import type { Runtime } from '../../lib/supervisor/runtime.ts';
import { shutDown } from '../../lib/supervisor/shutdown.ts';
import { bootAll } from '../support/drive.ts';
import { createFakeRuntime } from '../support/fake-runtime.ts';
import { aSession, type SessionRig } from '../support/sessions.ts';
import { aProbe, aRig, aService, aStack } from '../support/stacks.ts';

type Part = 'processes' | 'sockets';

/** As when no file can be opened, so that nothing can be looked at, for so many milliseconds from now on. */
const disturb = <Name extends Part>(
  runtime: Pick<Runtime, Name | 'clock'>,
  part: Name,
  action: keyof Runtime[Name],
  duration: number,
): void => {
  const { clock } = runtime;
  const until = clock.now() + duration;
  const works = runtime[part][action] as (...args: unknown[]) => unknown;
  const disturbed = async (...args: unknown[]): Promise<unknown> => {
    if (clock.now() < until) throw new Error('EMFILE: too many open files');
    return works(...args);
  };
  Object.assign(runtime[part], { [action]: disturbed });
};

type AwaitOptions = Parameters<Processes['awaitTreeEnd']>[1];

const hook: Hook = { command: { kind: 'direct', program: 'x', args: [] }, timeout: 10_000 };

const aHooked = (takes: number | null, problems: string[] = []): SessionRig =>
  aSession(
    aStack([aService('web', { hooks: { before_start: hook }, restart: { ...aService('web').restart, policy: 'no' as const } })]),
    { web: [{ hooks: { before_start: { takes } } }] },
    (name, problem) => void problems.push(`${name}: ${problem}`),
  );

const reasonOf = async ({ control }: SessionRig): Promise<string | null | undefined> =>
  (await control.snapshot()).services[0]?.reason;

describe('F150: a moment in which nothing can be looked at', () => {
  it('does not save a hook that hangs from its end: that comes a moment later', async () => {
    const rig = aHooked(null);
    disturb(rig.runtime, 'processes', 'killTree', 90_000);
    await rig.boot();
    expect(await reasonOf(rig)).to.equal('its before_start hook did not end within 10.0 s, and was killed');
    expect(rig.runtime.clock.now()).to.equal(90_000);
  });

  it('does not make a failure of a hook that did what it should', async () => {
    const rig = aHooked(1_000);
    disturb(rig.runtime, 'processes', 'killTree', 2_000);
    await rig.boot();
    expect(rig.stateOf('web')).to.equal('ready');
  });

  it('and where it lasts it is said why the rest of such a hook could not be ended', async () => {
    const problems: string[] = [];
    const rig = aHooked(1_000, problems);
    disturb(rig.runtime, 'processes', 'killTree', 60_000);
    await rig.boot();
    expect(rig.stateOf('web')).to.equal('ready');
    expect(problems).to.deep.equal(['web: what its before_start hook has started cannot be ended (EMFILE: too many open files)']);
  });

  it('puts off the look at where a service listens instead of at its port', async () => {
    const problems: string[] = [];
    const rig = aSession(
      aStack([aService('web', { ports: [{ name: null, wanted: 3000 }], ready: aProbe(), healthTimeout: 10_000 })]),
      { web: [{ readyAfter: null }] },
      (name, problem) => void problems.push(`${name}: ${problem}`),
    );
    const { sockets } = rig.runtime;
    Object.assign(sockets, { listenersOf: async () => [{ address: toAddress('127.0.0.1'), port: 4000 }] });
    disturb(rig.runtime, 'sockets', 'listenersOf', 3_000);
    void rig.session.boot(['web'], 'up');
    await rig.runtime.clock.advance(3_900);
    expect(problems).to.deep.equal([]);
    await rig.runtime.clock.advance(200);
    expect(problems).to.have.length(1);
    expect(problems[0]).to.include('4000');
  });

  it('puts off the last look of a stop for what has escaped it', async () => {
    const rig = aRig(aStack([aService('a')]));
    await bootAll(rig);
    const { runtime, supervisor } = rig;
    const marker = { project: 'test', service: 'old', attempt: 3 };
    const identity = { pid: 77, startTime: '77', bootId: 'fake' };
    Object.assign(runtime.processes, { findMarked: async () => [{ identity, marker, leads: true, command: 'x', user: null }] });
    disturb(runtime, 'processes', 'findMarked', 3_000);
    disturb(runtime, 'processes', 'killTree', 4_000);
    let isDone = false;
    const { done } = shutDown({ supervisor, runtime, names: ['a'], project: 'test' });
    void done.then(() => {
      isDone = true;
    });
    await runtime.clock.runUntil(() => isDone);
    expect((await done).survivors).to.deep.equal([]);
    expect(runtime.clock.now()).to.equal(4_000);
  });

  it('puts off the signal to what nobody supervises, and its kill', async () => {
    const runtime = createFakeRuntime({ old: [{ stopTakes: null }] });
    const { processes, clock } = runtime;
    const marker = { project: 'test', service: 'old', attempt: 1 };
    await processes.spawn({
      ...{
        marker,
        command: { program: 'x', args: [] },
        cwd: '/',
        env: {},
        stdout: '/x',
        stderr: '/x',
        notify: null,
        logRoot: '/',
      },
    });
    Object.assign(processes, { awaitTreeEnd: (_tree: Tree, { cancelled }: AwaitOptions) => once(cancelled, 'abort') });
    disturb(runtime, 'processes', 'signalTree', 1_000);
    disturb(runtime, 'processes', 'killTree', 6_000);
    let left: unknown = null;
    const ending = endPolitely({ processes, clock, tree: { leader: null, marker }, signal: 'SIGTERM', grace: 5_000 });
    void ending.then((survivors) => {
      left = survivors;
    });
    await clock.runUntil(() => left !== null);
    expect(left).to.deep.equal([]);
    expect(runtime.signals).to.deep.equal([
      { name: 'old', signal: 'SIGTERM', at: 1_000 },
      { name: 'old', signal: 'SIGKILL', at: 6_000 },
    ]);
  });
});
