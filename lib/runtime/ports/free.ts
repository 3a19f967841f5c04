import { isIP } from 'node:net';
import { pause } from '../processes/pause.ts';
import { hostAddresses } from '../sockets/addresses.ts';
import { tryBind } from '../sockets/bind.ts';
import type { Sockets } from '../sockets.ts';

/**
 * Could a service listen on `host`:`port` now? A bind on the very address decides. `localhost` means both loopbacks, since
 * which one a service takes is not known. Outside Linux a wildcard can be bound beside a listener on one address, so there
 * the list of listeners is asked too.
 */
export const isFree = async (sockets: Sockets, port: number, host: string): Promise<boolean> => {
  for (const address of bindAddresses(host)) {
    if ((await tryBind(port, address)).kind === 'taken') return false;
  }
  return process.platform === 'linux' || (await sockets.findHolders([port], host)).length === 0;
};

const bindAddresses = (host: string): readonly string[] => {
  const plain = host.replace(/^\[|\]$/g, '');
  const isName = isIP(plain) === 0 && !/^localhost\.?$/i.test(plain) && plain !== '' && plain !== '*';
  return isName ? [plain] : hostAddresses(plain).map(({ text }) => text);
};

/** Looks again and again, quickly at first, until the port is free; false when it still is not after `limit` milliseconds. */
export const awaitFree = async (
  sockets: Sockets,
  at: { readonly port: number; readonly host: string },
  limit: number,
): Promise<boolean> => {
  const until = performance.now() + limit;
  for (let wait = 2; ; wait = Math.min(wait * 1.5, 50)) {
    if (await isFree(sockets, at.port, at.host)) return true;
    if (performance.now() >= until) return false;
    await pause(wait);
  }
};

/** A port that the system says is free and that `take` accepts. Null: it found none in a hundred tries. */
export const findAnyFree = async (host: string, take: (port: number) => boolean): Promise<number | null> => {
  const [address = '127.0.0.1'] = bindAddresses(host);
  for (let tries = 0; tries < 100; tries += 1) {
    const result = await tryBind(0, address);
    if (result.kind === 'free' && take(result.port)) return result.port;
  }
  return null;
};
