import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createAsking } from '../../lib/interfaces/cli/attach/asking.ts';
import { stayWith } from '../../lib/interfaces/cli/attach/stay.ts';
import { waitFor } from '../../lib/interfaces/cli/attach/wait-for.ts';
import type { CommandContext, Loaded } from '../../lib/interfaces/cli/context.ts';
import { createOutput } from '../../lib/interfaces/cli/output.ts';
import type { RemoteControl } from '../../lib/interfaces/control/client.ts';
import { mayGoOn } from '../../lib/interfaces/session/may-go-on.ts';
import { awaitSignal, type Interruption, listenForSignals } from '../../lib/interfaces/session/signals.ts';
import { aStack } from '../support/stacks.ts';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const listeners = (): readonly number[] => signals.map((signal) => process.listenerCount(signal));

describe('signals that ask for the end', () => {
  it('each comes with its own exit code, and with how many there were', () => {
    const heard: Interruption[] = [];
    const before = listeners();
    const unlisten = listenForSignals((interruption) => void heard.push(interruption));
    for (const signal of ['SIGHUP', 'SIGTERM', 'SIGTERM'] as const) process.emit(signal);
    unlisten();
    expect(heard).to.deep.equal([
      { signal: 'SIGHUP', exitCode: 129, times: 1 },
      { signal: 'SIGTERM', exitCode: 143, times: 2 },
      { signal: 'SIGTERM', exitCode: 143, times: 3 },
    ]);
    expect(listeners()).to.deep.equal(before);
  });

  it('whoever goes at the first of them has its code', async () => {
    const { exitCode, unlisten } = awaitSignal();
    process.emit('SIGTERM');
    process.emit('SIGHUP');
    expect(await exitCode).to.equal(143);
    unlisten();
  });

  describe('are let go of by an up that cannot show its stack', () => {
    let folder: string;
    beforeEach(() => {
      folder = realpathSync(mkdtempSync(join(tmpdir(), 'muster-signals-')));
    });
    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    const upWithout = async (up: (options: Parameters<typeof stayWith>[0]) => Promise<unknown>): Promise<void> => {
      const output = createOutput({ open: () => process.stdout, env: {}, noColor: true });
      const context = {
        args: { flag: () => false, text: () => null, list: () => [], positionals: [], rest: [] },
        cwd: folder,
        env: {},
        stdout: output,
        stderr: output,
      } as Partial<CommandContext> as CommandContext;
      const loaded: Loaded = { stack: aStack([], { root: folder }), diagnostics: [], secrets: new Map() };
      const control = {
        snapshot: () => Promise.reject(new Error('it is gone')),
        async *events() {},
      } as Partial<RemoteControl> as RemoteControl;
      const before = listeners();
      const failed = await up({ context, loaded, control, owned: null }).catch((error: Error) => error.message);
      expect(failed).to.equal('it is gone');
      expect(listeners()).to.deep.equal(before);
    };

    it('in a terminal', () => upWithout(stayWith));
    it('that only waits for it', () => upWithout((options) => waitFor({ ...options, isJoining: true })));
    it('that waits for its own boot', () => upWithout((options) => waitFor({ ...options, isJoining: false })));
  });
});

describe('who is attached asks for the end', () => {
  const rig = () => {
    const asked: string[] = [];
    const { press, heard, isAsked } = createAsking(
      {
        down: async () => {
          asked.push('down');
          return { took: 0, survivors: [] };
        },
        hurry: async (level) => void asked.push(`hurry ${level}`),
      },
      () => undefined,
    );
    return { asked, press, heard, isAsked };
  };

  it('in order, then within a second, then at once', () => {
    const { asked, press, isAsked } = rig();
    expect(isAsked()).to.equal(false);
    for (let times = 0; times < 4; times += 1) press();
    expect(asked).to.deep.equal(['down', 'hurry 1', 'hurry 2', 'hurry 2']);
  });

  it('more urgently than whoever has asked before, and is not set back by what it hears of itself', () => {
    const { asked, press, heard } = rig();
    heard(1);
    press();
    heard(1);
    heard(2);
    press();
    expect(asked).to.deep.equal(['hurry 1', 'hurry 2']);
  });
});

describe('a stack may go on', () => {
  it('while something runs or is to run, or was stopped by hand; not after what was taken down with another one', () => {
    for (const state of ['waiting', 'delayed', 'starting', 'ready', 'unhealthy', 'backoff', 'stopping'] as const)
      expect(mayGoOn(state, null), state).to.equal(true);
    for (const state of ['idle', 'completed', 'failed', 'skipped'] as const) expect(mayGoOn(state, null), state).to.equal(false);
    expect([mayGoOn('stopped', null), mayGoOn('stopped', 'db')]).to.deep.equal([true, false]);
  });
});
