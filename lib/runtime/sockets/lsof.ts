import { execFile } from 'node:child_process';
import type { PortHolder } from '../../domain/process.ts';
import { safeEnvironment } from '../processes/safe-path.ts';
import type { Sockets } from '../sockets.ts';
import { type Address, clashes, hostAddresses, toAddress, wildcard4, wildcard6 } from './addresses.ts';
import type { Owners } from './holders.ts';

/**
 * Where there is no /proc: `lsof`, for LISTEN sockets only (without that it lists the clients of a port too). It is too slow
 * to be asked at each readiness check, so whose a listener is stays `unknown` there. Not tested on a machine of its kind; see
 * docs/platforms.md.
 */
export const createLsofSockets = (owned: Owners): Sockets => ({
  ownerOf: () => ({ kind: 'unknown' }),
  listenersOf: async () => [],
  findHolders: async (ports, host) => {
    const wanted = new Set(ports);
    const listeners = parseLsof(await runLsof()).filter(({ port }) => wanted.has(port));
    return listeners.filter(({ address }) => isInTheWay(address, host)).map((listener) => toHolder(owned, listener));
  },
});

export type LsofListener = {
  readonly pid: number;
  readonly uid: number | null;
  readonly address: Address;
  readonly port: number;
};

/** `lsof` exits with 1 when it found nothing, and is missing on a slim system: both are an empty list, and a bind decides. */
const runLsof = (): Promise<string> =>
  new Promise((resolve) => {
    const args = ['-nP', '-iTCP', '-sTCP:LISTEN', '-FpuntT'];
    execFile('lsof', args, { env: safeEnvironment, encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 }, (_, stdout) =>
      resolve(stdout),
    );
  });

/** Fields one a line: `p123`, `u501`, then for each descriptor `f4`, `tIPv4`, `n127.0.0.1:3000`, `TST=LISTEN`. */
export const parseLsof = (text: string): readonly LsofListener[] => {
  const listeners: LsofListener[] = [];
  let pid = 0;
  let uid: number | null = null;
  let family: 4 | 6 = 4;
  for (const line of text.split('\n')) {
    const value = line.slice(1);
    if (line.startsWith('p')) pid = Number(value);
    if (line.startsWith('u')) uid = Number(value);
    if (line.startsWith('t')) family = value === 'IPv6' ? 6 : 4;
    const [, host, port] = line.startsWith('n') ? (/^(.*):(\d+)$/.exec(value) ?? []) : [];
    if (host !== undefined) listeners.push({ pid, uid, address: toListenAddress(host, family), port: Number(port) });
  }
  return listeners;
};

const toListenAddress = (host: string, family: 4 | 6): Address => {
  if (host === '*') return family === 6 ? wildcard6 : wildcard4;
  return toAddress(host.replace(/^\[|\]$/g, ''));
};

/** An IPv6 wildcard is taken for a dual one: that is the usual kind, and to say so wrongly costs a message, not a process. */
const isInTheWay = (held: Address, host: string): boolean => hostAddresses(host).some((wanted) => clashes(held, wanted) !== 'no');

const toHolder = ({ table, processes }: Owners, { pid, uid, address, port }: LsofListener): PortHolder => {
  const stat = table.read(pid);
  const base = { port, address: address.text };
  if (stat === null) return { ...base, process: null, uid, user: null, command: null, since: null, marker: null };
  const { command, user, since } = table.describe(stat);
  const identity = { pid, startTime: String(stat.start), bootId: table.bootId };
  return { ...base, process: identity, uid, user, command, since, marker: processes.markerOf(stat) };
};
