import { closeSync, openSync, readSync } from 'node:fs';

/** What the kernel counts of its TCP sockets, in some ten microseconds a file. */
export type SocketCounts = {
  /** Of each family, listeners and connections. */
  readonly four: number;
  readonly six: number;
  /** Of both families: all that is not an established connection. There are at most so many listeners. */
  readonly idle: number;
};

export type CountTexts = { readonly sockstat: string; readonly sockstat6: string; readonly snmp: string };

/** Null: this kernel does not tell. */
export const parseSocketCounts = ({ sockstat, sockstat6, snmp }: CountTexts): SocketCounts | null => {
  const four = toNumber(/^TCP: inuse (\d+)/m.exec(sockstat)?.[1]);
  // A machine without IPv6 has no such line.
  const six = toNumber(/^TCP6: inuse (\d+)/m.exec(sockstat6)?.[1]) ?? 0;
  const [heading, values] = snmp.split('\n').filter((line) => line.startsWith('Tcp:'));
  const at = heading?.split(' ').indexOf('CurrEstab') ?? -1;
  const established = at < 0 ? null : toNumber(values?.split(' ')[at]);
  return four === null || established === null ? null : { four, six, idle: four + six - established };
};

export const readSocketCounts = (): SocketCounts | null =>
  parseSocketCounts({ sockstat: read('sockstat'), sockstat6: read('sockstat6'), snmp: read('snmp') });

const toNumber = (text: string | undefined): number | null =>
  text !== undefined && /^\d+$/.test(text) ? Number.parseInt(text, 10) : null;

/** Kept open: to open and close them would cost as much again as to read them. */
const open = new Map<string, number>();
const text = Buffer.allocUnsafe(16 * 1024);

/** Read from its beginning, the file is written anew by the kernel. Empty: this kernel has none, or it fills more than we take. */
const read = (name: string): string => {
  try {
    const fd = open.get(name) ?? openSync(`/proc/net/${name}`, 'r');
    open.set(name, fd);
    const length = readSync(fd, text, 0, text.length, 0);
    return length === text.length ? '' : text.toString('latin1', 0, length);
  } catch {
    const fd = open.get(name);
    open.delete(name);
    if (fd !== undefined) closeSync(fd);
    return '';
  }
};
