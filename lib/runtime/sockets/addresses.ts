import { isIPv4, isIPv6 } from 'node:net';
import { endianness } from 'node:os';

/** Where a socket listens, in the plain spelling: `127.0.0.1`, `0.0.0.0`, `::1`, `::`. */
export type Address = { readonly family: 4 | 6; readonly text: string };

export const wildcard4: Address = { family: 4, text: '0.0.0.0' };
export const wildcard6: Address = { family: 6, text: '::' };
const loopback4: Address = { family: 4, text: '127.0.0.1' };
const loopback6: Address = { family: 6, text: '::1' };

const isWildcard = ({ text }: Address): boolean => text === '0.0.0.0' || text === '::';

/** One spelling for each address. An IPv4 address in IPv6 clothes is the IPv4 one: that is what such a socket blocks. */
export const toAddress = (text: string): Address => {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(text)?.[1];
  if (mapped !== undefined) return { family: 4, text: mapped };
  if (isIPv4(text)) return { family: 4, text };
  // The URL parser writes IPv6 in its shortest form; a zone is no part of it.
  const plain = text.split('%')[0] ?? text;
  const short = new URL(`http://[${plain}]`).hostname.slice(1, -1);
  const hexMapped = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(short);
  if (hexMapped === null) return { family: 6, text: short };
  const words = [hexMapped[1], hexMapped[2]].map((word) => Number.parseInt(word ?? '0', 16));
  return { family: 4, text: words.flatMap((word) => [word >> 8, word & 255]).join('.') };
};

/** A machine has few addresses, and its tables name them again and again. */
const parsed = new Map<string, Address>();
const mostParsed = 1000;
const isLittleEndian = endianness() === 'LE';

/** The kernel prints each 32-bit word as a number of the machine, so on most machines its bytes stand backwards. */
export const parseHexAddress = (hex: string): Address => {
  const known = parsed.get(hex);
  if (known !== undefined) return known;
  if (parsed.size >= mostParsed) parsed.clear();
  const address = decodeHexAddress(hex);
  parsed.set(hex, address);
  return address;
};

const decodeHexAddress = (hex: string): Address => {
  const words = hex.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) => {
    const pairs = (word.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
    return isLittleEndian ? pairs.reverse() : pairs;
  });
  if (bytes.length === 4) return { family: 4, text: bytes.join('.') };
  const groups = Array.from({ length: 8 }, (_, at) => (((bytes[at * 2] ?? 0) << 8) | (bytes[at * 2 + 1] ?? 0)).toString(16));
  return toAddress(groups.join(':'));
};

/** The addresses a service with this `host` listens on. No host, or a name other than localhost, may be any of ours. */
export const hostAddresses = (host: string): readonly Address[] => {
  const plain = host.replace(/^\[|\]$/g, '');
  if (isIPv4(plain) || isIPv6(plain)) return [toAddress(plain)];
  if (/^localhost\.?$/i.test(plain)) return [loopback4, loopback6];
  return [wildcard4, wildcard6];
};

export type Clash = 'yes' | 'no' | 'if-dual';

/**
 * Does a listener on `held` keep `wanted` from being bound? Measured, for each pair: an IPv6 wildcard also takes IPv4 unless
 * it is set to IPv6 only, which its line does not tell: then a bind has to.
 *
 *   held \ wanted   127.0.0.1   0.0.0.0   ::1    ::
 *   127.0.0.1       busy        busy      free   busy
 *   0.0.0.0         busy        busy      free   busy
 *   ::1             free        free      busy   busy
 *   ::              if dual     if dual   busy   busy
 *   127.0.0.2       free        busy      free   busy
 */
export const clashes = (held: Address, wanted: Address): Clash => {
  if (wanted.text === wildcard6.text) return 'yes';
  if (held.family !== wanted.family) return held.text === wildcard6.text ? 'if-dual' : 'no';
  return isWildcard(held) || isWildcard(wanted) || held.text === wanted.text ? 'yes' : 'no';
};

/** Can a listener on `held` be the one that answered a connection to `host`? One who asks at a wildcard reaches the loopback. */
export const answers = (held: Address, host: string): boolean =>
  hostAddresses(host)
    .flatMap((address) => (address.text === '::' ? [loopback6, loopback4] : [address.text === '0.0.0.0' ? loopback4 : address]))
    .some(
      (asked) => held.text === asked.text || held.text === wildcard6.text || (held.text === wildcard4.text && asked.family === 4),
    );
