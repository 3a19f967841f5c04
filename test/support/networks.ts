import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import { afterEveryTest } from './after-each.ts';
import { until } from './procs.ts';

/** True where tests can make networks of their own: as root, with util-linux and iproute2. */
export const canMakeNetworks = (): boolean =>
  process.platform === 'linux' &&
  process.getuid?.() === 0 &&
  ['unshare --net true', 'nsenter --version', 'ip -V'].every((line) => {
    const [program = '', ...args] = line.split(' ');
    return spawnSync(program, args).status === 0;
  });

/** A network that is there while the process lives that holds it. */
export type Network = {
  /** What a command line begins with that is to run in it. */
  readonly through: readonly string[];
  readonly address: string;
};

const holders = new Set<ChildProcess>();

const openNetwork = async (): Promise<number> => {
  const child = spawn('unshare', ['--net', 'sleep', '600'], { stdio: 'ignore' });
  holders.add(child);
  const { pid = -1 } = child;
  const networkOf = (of: number | 'self'): string => readlinkSync(`/proc/${of}/ns/net`);
  await until('it has a network of its own', () => networkOf(pid) !== networkOf('self'));
  return pid;
};

const enter = (pid: number): readonly string[] => ['nsenter', `--net=/proc/${pid}/ns/net`];

const mustRun = ([program = '', ...args]: readonly string[]): void => {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
};

/** Two networks with a wire between them, and nothing else in either. Gone after the test, with those who hold them. */
export const twoNetworks = async (): Promise<readonly [Network, Network]> => {
  const [here, there] = [await openNetwork(), await openNetwork()];
  mustRun([...enter(here), ...`ip link add wire type veth peer name wire netns ${there}`.split(' ')]);
  const [one, other] = [here, there].map((pid, index): Network => {
    const address = `10.77.0.${index + 1}`;
    for (const line of [`addr add ${address}/24 dev wire`, 'link set wire up', 'link set lo up'])
      mustRun([...enter(pid), 'ip', ...line.split(' ')]);
    return { through: enter(pid), address };
  });
  if (one === undefined || other === undefined) throw new Error('there are two');
  return [one, other];
};

afterEveryTest(async () => {
  const living = [...holders].filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
  holders.clear();
  for (const child of living) child.kill('SIGKILL');
  await Promise.all(living.map((child) => once(child, 'exit')));
});
