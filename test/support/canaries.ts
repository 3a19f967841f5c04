import { type ChildProcess, spawn } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { isLiving, programPath, until } from './procs.ts';

/**
 * Processes of nobody's that must survive whatever a test does (I3: no stranger hurt): one that runs the same program as the
 * service under test, one that leads a group of its own with a child in it, and one that listens, with a client attached.
 */
export type Canaries = {
  /** Where the third one listens, on 127.0.0.1. */
  readonly port: number;
  readonly pids: readonly number[];
  assertUnhurt(): void;
  stop(): Promise<void>;
};

export type CanaryOptions = {
  /** The program of test/programs that the service under test runs. */
  readonly program?: string;
};

export const startCanaries = async ({ program = 'ignores-sigterm.mjs' }: CanaryOptions = {}): Promise<Canaries> => {
  const children: ChildProcess[] = [];
  const start = (command: string, args: readonly string[]): ChildProcess => {
    const child = spawn(command, [...args], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
    children.push(child);
    return child;
  };
  const stop = async (): Promise<void> => {
    client?.destroy();
    for (const child of children) endGroup(child);
    await until('the canaries are gone', () =>
      children.every(({ exitCode, signalCode }) => exitCode !== null || signalCode !== null),
    );
  };
  let client: Socket | null = null;
  try {
    start(process.execPath, [programPath(program)]);
    const group = start('/bin/sh', ['-c', 'sleep 6000 & echo $!; wait']);
    const listener = start(process.execPath, [programPath('listens.mjs')]);
    const child = Number(await firstMatch(group, /(\d+)/));
    const port = Number(await firstMatch(listener, /listening on (\d+)/));
    const socket = await connectTo(port);
    client = socket;
    const pids = [...children.map(({ pid }) => pid ?? 0), child];
    return {
      port,
      pids,
      stop,
      assertUnhurt: () => {
        expect(
          pids.filter((pid) => !isLiving(pid)),
          'canaries that died',
        ).to.deep.equal([]);
        expect(socket.destroyed, 'the connection of a canary was cut').to.equal(false);
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
};

/** Our own children, not waited for yet: their numbers cannot belong to anybody else. */
const endGroup = ({ pid, exitCode, signalCode }: ChildProcess): void => {
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  process.kill(-pid, 'SIGKILL');
};

const firstMatch = (child: ChildProcess, pattern: RegExp): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = '';
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`a canary ended early: ${text}`)));
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const found = pattern.exec(text)?.[1];
      if (found !== undefined) resolve(found);
    });
  });

const connectTo = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.once('error', reject);
  });
