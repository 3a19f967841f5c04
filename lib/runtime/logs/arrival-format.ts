/**
 * The bytes of an arrival index, which is kept beside a log file and says when its lines came. A *place* is an offset in all
 * that was ever written to the log: it stays the same when a rotation moves the byte to another file.
 */

/** What one file of a log, the live one or a kept one, holds. */
export type IndexHeader = {
  /** Place of the byte at offset 0. */
  readonly base: number;
  /** Place of the first byte that is really there: what is before it was punched out. */
  readonly front: number;
  /** Arrivals are recorded from this place on. */
  readonly from: number;
  /** The file that this is about, whatever its name is by now. A removed file's number is soon used again: hence the time of its making. */
  readonly inode: number;
  readonly born: number;
  /** Bytes that are being taken out of the front in this moment; 0: the file stands still. */
  readonly dropping: number;
};

/** Everything up to `place` had come by `at` (epoch milliseconds with fractions, so that no two are equal). */
export type Arrival = {
  readonly place: number;
  readonly at: number;
  /** False: nobody was looking when it came, and `at` is when the file was last written. */
  readonly isExact: boolean;
};

const magic = Buffer.from('MUSTERT1');
const inexactBit = 2 ** 47;

export const headerSize = 64;
export const recordSize = 16;

const fnv = (bytes: Uint8Array): number => {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
};

const shortCheck = (bytes: Uint8Array): number => {
  const hash = fnv(bytes);
  return (hash ^ (hash >>> 16)) & 0xffff;
};

export const encodeHeader = ({ base, front, from, inode, born, dropping }: IndexHeader): Buffer => {
  const bytes = Buffer.alloc(headerSize);
  magic.copy(bytes);
  [base, front, from, inode, born, dropping].forEach((value, index) => bytes.writeDoubleLE(value, 8 + index * 8));
  bytes.writeUInt32LE(fnv(bytes.subarray(0, 60)), 60);
  return bytes;
};

/** Null: it is none, or it is damaged. */
export const decodeHeader = (bytes: Buffer): IndexHeader | null => {
  if (bytes.length < headerSize || !bytes.subarray(0, 8).equals(magic)) return null;
  if (bytes.readUInt32LE(60) !== fnv(bytes.subarray(0, 60))) return null;
  const at = (index: number): number => bytes.readDoubleLE(8 + index * 8);
  return { base: at(0), front: at(1), from: at(2), inode: at(3), born: at(4), dropping: at(5) };
};

export const encodeArrival = ({ place, at, isExact }: Arrival): Buffer => {
  const bytes = Buffer.alloc(recordSize);
  bytes.writeDoubleLE(at, 0);
  bytes.writeUIntLE(isExact ? place : place + inexactBit, 8, 6);
  bytes.writeUInt16LE(shortCheck(bytes.subarray(0, 14)), 14);
  return bytes;
};

/** Ascending. What a damaged record covered belongs to the next one, which is then no longer exact. */
export const decodeArrivals = (bytes: Buffer): readonly Arrival[] => {
  const arrivals: Arrival[] = [];
  let last = Number.NEGATIVE_INFINITY;
  let isTorn = false;
  for (let offset = 0; offset + recordSize <= bytes.length; offset += recordSize) {
    const at = bytes.readDoubleLE(offset);
    const raw = bytes.readUIntLE(offset + 8, 6);
    const place = raw % inexactBit;
    const isSound = bytes.readUInt16LE(offset + 14) === shortCheck(bytes.subarray(offset, offset + 14));
    if (!isSound || place < last || !Number.isFinite(at)) {
      isTorn = true;
      continue;
    }
    arrivals.push({ place, at, isExact: raw < inexactBit && !isTorn });
    last = place;
    isTorn = false;
  }
  return arrivals;
};

/**
 * Half as many: those that lie closest together in time are joined, so that an index stays small and what is far apart stays
 * apart. The last one stays as it is.
 */
export const thinOut = (arrivals: readonly Arrival[]): readonly Arrival[] => {
  const gapAfter = (index: number): number => {
    const [arrival, next] = [arrivals[index], arrivals[index + 1]];
    return arrival !== undefined && next?.isExact === arrival.isExact ? next.at - arrival.at : Number.POSITIVE_INFINITY;
  };
  const closest = arrivals.map((_, index) => ({ index, gap: gapAfter(index) })).sort((a, b) => a.gap - b.gap);
  const half = closest.slice(0, Math.floor(arrivals.length / 2)).filter(({ gap }) => Number.isFinite(gap));
  const joined = new Set(half.map(({ index }) => index));
  return arrivals.filter((_, index) => !joined.has(index));
};

/** The arrivals of the piece [`start`, `end`) of a file: the last one ends with it. */
export const cutOut = (arrivals: readonly Arrival[], start: number, end: number): readonly Arrival[] => {
  const inside = arrivals.filter(({ place }) => place > start && place < end);
  const next = arrivals.find(({ place }) => place >= end);
  return next === undefined ? inside : [...inside, { ...next, place: end }];
};
