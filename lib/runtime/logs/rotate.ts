import { constants, renameSync, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LogEnd } from '../../domain/process.ts';
import { baseOf, moveIndex, removeIndex } from './arrival-index.ts';
import { dropFront } from './drop-front.ts';
import { dataStart, liveSize, plainFileAt } from './file-facts.ts';
import { readersOf, wakeReaders } from './poller.ts';
import type { Reader } from './reader.ts';
import { beginDrop, endDrop, forgetArrivals, indexCopy, interruptedDrop } from './rotate-index.ts';
import { copyPathOf, isCopyStillInLive } from './rotation-copy.ts';
import { pushIntoSlots } from './slots.ts';

/**
 * Rotation without losing a line of a service that writes on, and without its taking part: the front of the live file is
 * copied to a kept file and then taken out of the live one. `<log>.1` followed by `<log>` is what the service wrote, each byte
 * once; where no line ends on a block's border, the live file begins with the rest of the last line of `<log>.1`.
 */

export type RotationOptions = {
  readonly path: string;
  /** Bytes above which the log is rotated, and that a kept file has at most. */
  readonly maxSize: number;
  /** Kept files; 0 keeps none. */
  readonly keep: number;
  /** Asked before each part; true: what is left to do is for another time. */
  readonly isOver?: () => boolean;
};

export type RotationResult =
  | { readonly kind: 'rotated'; readonly bytes: number }
  | { readonly kind: 'not-needed' }
  /** Nothing was changed and nothing is lost. `passing`: it may work later; else only when the service starts again. */
  | { readonly kind: 'postponed'; readonly reason: string; readonly passing: boolean };

const copyChunk = 262_144;
const bordersTried = 256;

/** Bytes that rotations by this process took out of a log since its attempt began: earlier offsets are that much too high. */
const droppedFrom = new Map<string, number>();

/** Where an offset of this attempt is now; negative when it lies in a kept file. */
export const toCurrentOffset = (path: string, from: number): number => from - (droppedFrom.get(resolve(path)) ?? 0);

const openLive = (path: string): Promise<FileHandle> => open(path, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0));

const openCopy = (path: string): Promise<FileHandle> =>
  open(copyPathOf(path), constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0), 0o600);

const writeAll = async (to: FileHandle, bytes: Buffer): Promise<void> => {
  for (let done = 0; done < bytes.length; ) done += (await to.write(bytes, done)).bytesWritten;
};

const copyRange = async (from: FileHandle, to: FileHandle, [start, end]: readonly [number, number]): Promise<void> => {
  const buffer = Buffer.allocUnsafe(copyChunk);
  for (let offset = start; offset < end; ) {
    const { bytesRead } = await from.read(buffer, 0, Math.min(copyChunk, end - offset), offset);
    if (bytesRead === 0) throw new Error('the log became shorter while it was copied');
    await writeAll(to, buffer.subarray(0, bytesRead));
    offset += bytesRead;
  }
  // On the disk before the original is dropped.
  await to.datasync();
};

/** The highest border of a block at or below `end` before which a line ends; `end` when none is near. */
const nearLineEnd = async (live: FileHandle, [start, end]: readonly [number, number], block: number): Promise<number> => {
  const lowest = Math.max(start + block, end - bordersTried * block, end - (end - start) / 4);
  const byte = Buffer.alloc(1);
  for (let border = end; border >= lowest; border -= block) {
    await live.read(byte, 0, 1, border - 1);
    if (byte[0] === 0x0a) return border;
  }
  return end;
};

/** `isKept` false: so much has come that this part would be pushed out of the kept files within the same rotation. */
type Piece = { readonly start: number; readonly end: number; readonly isKept: boolean };

/** The next part to take out, on the borders of blocks, as the system asks; null when there is none yet. */
const nextPiece = async (live: FileHandle, { maxSize, keep }: RotationOptions): Promise<Piece | null> => {
  const stats = await live.stat();
  const block = Math.max(4096, stats.blksize);
  const start = dataStart(live.fd, stats);
  if (stats.size - start <= maxSize) return null;
  // At least one byte stays: the system refuses to take out everything.
  const last = Math.floor((stats.size - 1) / block) * block;
  const size = Math.max(block, Math.floor(maxSize / block) * block);
  const excess = Math.floor((last - start - keep * size) / block) * block;
  if (excess >= size) return { start, end: start + excess, isKept: false };
  const end = Math.min(last, start + size);
  return end <= start ? null : { start, end: await nearLineEnd(live, [start, end], block), isKept: true };
};

const catchUp = async (reader: Reader, end: number): Promise<void> => {
  while (reader.position() < end && reader.readChunk() !== 'idle') await nextTurn();
};

/** Takes a piece out of the live file; the readers in this process go on at the same byte. */
const dropPiece = async (path: string, live: FileHandle, piece: Piece): ReturnType<typeof dropFront> => {
  const { start, end } = piece;
  for (const reader of readersOf(path)) await catchUp(reader, end);
  const held = readersOf(path);
  for (const reader of held) reader.hold();
  let shift = 0;
  beginDrop(path, piece);
  try {
    const dropped = await dropFront(live, start, end);
    if (dropped.ok && dropped.how === 'collapsed') shift = end;
    endDrop(path, piece, dropped);
    return dropped;
  } finally {
    droppedFrom.set(path, (droppedFrom.get(path) ?? 0) + shift);
    for (const reader of held) reader.resume(shift);
    wakeReaders(path);
  }
};

const removeCopy = (path: string): void => {
  rmSync(copyPathOf(path), { force: true });
  removeIndex(copyPathOf(path));
};

/** Whether the front is a hole by now, or what followed it moved there. */
const howItWasCut = async (path: string): Promise<'collapsed' | 'punched'> => {
  const live = await openLive(path);
  try {
    return dataStart(live.fd, await live.stat()) > 0 ? 'punched' : 'collapsed';
  } finally {
    await live.close();
  }
};

const finishInterrupted = async (path: string, keep: number): Promise<void> => {
  const end = interruptedDrop(path);
  if (plainFileAt(copyPathOf(path)) === null) {
    if (end > 0) forgetArrivals(path);
    return;
  }
  if (plainFileAt(path) !== null && (await isCopyStillInLive(path))) {
    removeCopy(path);
    if (end > 0) endDrop(path, { start: 0, end }, { ok: false, reason: 'interrupted' });
    return;
  }
  if (end > 0) endDrop(path, { start: 0, end }, { ok: true, how: await howItWasCut(path) });
  await pushIntoSlots(copyPathOf(path), path, keep);
};

const rotatePiece = async ({ path, keep }: RotationOptions, live: FileHandle, piece: Piece): Promise<RotationResult> => {
  if (piece.isKept) {
    const copy = await openCopy(path);
    try {
      await copyRange(live, copy, [piece.start, piece.end]);
    } catch (error) {
      removeCopy(path);
      throw error;
    } finally {
      await copy.close();
    }
    indexCopy(path, copyPathOf(path), piece);
  }
  const dropped = await dropPiece(path, live, piece);
  if (!dropped.ok) {
    removeCopy(path);
    return { kind: 'postponed', reason: dropped.reason, passing: false };
  }
  if (piece.isKept) await pushIntoSlots(copyPathOf(path), path, keep);
  return { kind: 'rotated', bytes: piece.end - piece.start };
};

const rotateAll = async (options: RotationOptions): Promise<RotationResult> => {
  const { path, maxSize, keep } = options;
  const stats = plainFileAt(path);
  if (stats === null || liveSize(stats) <= maxSize) return { kind: 'not-needed' };
  await finishInterrupted(path, keep);
  const live = await openLive(path);
  try {
    let bytes = 0;
    for (;;) {
      const piece = options.isOver?.() === true ? null : await nextPiece(live, options);
      if (piece === null) return bytes === 0 ? { kind: 'not-needed' } : { kind: 'rotated', bytes };
      const result = await rotatePiece(options, live, piece);
      if (result.kind !== 'rotated') return result;
      bytes += result.bytes;
    }
  } finally {
    await live.close();
  }
};

const toPostponed = (error: unknown): RotationResult => ({
  kind: 'postponed',
  reason: error instanceof Error ? error.message : String(error),
  passing: true,
});

const underWay = new Map<string, Promise<unknown>>();

// One rotation of a log at a time: they would cut the same front off twice.
const oneAtATime = async <Result>(path: string, act: () => Promise<Result>): Promise<Result> => {
  const before = underWay.get(path) ?? Promise.resolve();
  const mine = before.then(act, act);
  underWay.set(path, mine);
  try {
    return await mine;
  } finally {
    if (underWay.get(path) === mine) underWay.delete(path);
  }
};

/** Rotates a log that is being written, as often as it takes to bring it below `maxSize`. Never throws for what the system says. */
export const rotateLog = (options: RotationOptions): Promise<RotationResult> => {
  const path = resolve(options.path);
  return oneAtATime(path, () => rotateAll({ ...options, path }).catch(toPostponed));
};

/** Brings to an end what a rotation that was killed left. To be called when nobody else keeps the log. */
export const settleRotation = ({ path: given, keep }: Pick<RotationOptions, 'path' | 'keep'>): Promise<void> => {
  const path = resolve(given);
  // Where it cannot be done now, the next rotation does it, and tells why not.
  return oneAtATime(path, () => finishInterrupted(path, keep).catch(() => undefined));
};

export type FreshLog = {
  /** Where the log ends before the attempt writes: its own bytes begin here. */
  readonly from: LogEnd;
  readonly result: RotationResult;
};

/** Where a log ends now. */
export const endOf = (path: string): LogEnd => {
  const stats = plainFileAt(path);
  return { offset: stats?.size ?? 0, base: baseOf(path, stats) };
};

const renameAway = async ({ path, maxSize, keep }: RotationOptions): Promise<RotationResult> => {
  await finishInterrupted(path, keep);
  const stats = plainFileAt(path);
  if (stats === null || liveSize(stats) <= maxSize) return { kind: 'not-needed' };
  // Readers that have it open read on to its end under any name.
  for (const reader of readersOf(path)) reader.open();
  renameSync(path, copyPathOf(path));
  moveIndex(path, copyPathOf(path));
  await pushIntoSlots(copyPathOf(path), path, keep);
  wakeReaders(path);
  return { kind: 'rotated', bytes: liveSize(stats) };
};

/** To be called before the log is opened for a new attempt: a log above `maxSize` becomes a kept file. Works on every file system. */
export const rotateBeforeStart = (options: RotationOptions): Promise<FreshLog> => {
  const path = resolve(options.path);
  return oneAtATime(path, async () => {
    const result = await renameAway({ ...options, path }).catch(toPostponed);
    droppedFrom.delete(path);
    return { from: endOf(path), result };
  });
};
