import { isIP } from 'node:net';

/** Where to listen, and what a browser writes as Host for it, the usual one first. */
export type Bind =
  | { readonly ok: true; readonly address: string; readonly hosts: (port: number) => readonly string[] }
  | { readonly ok: false; readonly reason: string };

const usualAddress = '127.0.0.1';

const loopback = (port: number): readonly string[] => [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`];

/**
 * 127.0.0.1, unless the user names another address on the command line and says that it may be seen by others. "Every address"
 * is never meant, however it is spelled: what is not the usual spelling of one address is refused.
 */
export const judgeAddress = (address: string, isExposed: boolean): Bind => {
  if (address === usualAddress || address === 'localhost') return { ok: true, address: usualAddress, hosts: loopback };
  if (address === '::1') return { ok: true, address, hosts: (port) => [`[::1]:${port}`, `localhost:${port}`] };
  const isPlain = isIP(address) !== 0 && /^[0-9a-f.:]+$/.test(address) && isCanonical(address);
  if (!isPlain || isWildcard(address)) {
    return {
      ok: false,
      reason: `"${address}" is not one address of this machine; name one, such as 192.168.1.5 (never 0.0.0.0 or ::)`,
    };
  }
  if (!isExposed) {
    return {
      ok: false,
      reason: `at ${address} others on the network can reach the dashboard, and read along, as it is not encrypted; an ssh tunnel to ${usualAddress} is safer, and --expose does it all the same`,
    };
  }
  return { ok: true, address, hosts: (port) => [isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`] };
};

/** As a browser would write it. */
const isCanonical = (address: string): boolean => {
  const text = isIP(address) === 6 ? `[${address}]` : address;
  try {
    return new URL(`http://${text}/`).hostname === text;
  } catch {
    // No browser could ever come there.
    return false;
  }
};

const isWildcard = (address: string): boolean =>
  /^0+(?:\.|$)/.test(address) || /^[0:.]+$/.test(address) || address.startsWith('::ffff:');
