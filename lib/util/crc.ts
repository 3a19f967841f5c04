import { lazy } from './lazy.ts';

const tableOf = lazy(() =>
  Uint32Array.from({ length: 256 }, (_, byte) => {
    let rest = byte;
    for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
    return rest;
  }),
);

/**
 * CRC-32 as zip, gzip and PNG use it (ISO 3309, reflected polynomial EDB88320), an unsigned 32-bit number. Catches every
 * single flipped bit and every burst of up to 32. `before` is the sum of the bytes that came first, so that a long text can
 * be summed in parts.
 */
export const crc32 = (bytes: Uint8Array, before = 0): number => {
  const table = tableOf();
  let sum = ~before;
  for (let at = 0; at < bytes.length; at++) sum = (table[(sum ^ (bytes[at] ?? 0)) & 0xff] ?? 0) ^ (sum >>> 8);
  return ~sum >>> 0;
};
