import { link, mkdir, readdir, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ProcessIdentity } from '../domain/process.ts';
import { readNote } from './note.ts';

export type LockOptions = {
  /** Private to the user, or with a `name` that only this user's muster has. */
  readonly folder: string;
  readonly self: ProcessIdentity;
  readonly isAlive: (identity: ProcessIdentity) => boolean;
  /** Of its files: `lock` is `lock.1`, `lock.2`, …. */
  readonly name?: string;
  /** What its files are called before they have their name; by default `draft.PID.…`. */
  readonly draft?: () => string;
  /** For whoever finds it, beside who holds it. */
  readonly says?: Readonly<Record<string, string>>;
};

export type LockOutcome =
  | { readonly ok: true; readonly release: () => Promise<void> }
  | { readonly ok: false; readonly holder: ProcessIdentity };

type Generation = { readonly number: number; readonly holder: ProcessIdentity | null };

/** Contenders that meet withdraw and try again after a random while; this many meetings in a row do not happen by chance. */
const tries = 50;

/**
 * One owner per project, also when its last owner was killed and fifty take over at once. Each contender links the next
 * generation (`lock.N+1`, which only one can) and owns it only if, looking again, nobody else alive holds any. The usual
 * way (see that the owner is dead, unlink, create) was measured to give two owners; nothing here is ever unlinked but by
 * its own holder, or after it is dead.
 */
export const acquireLock = async (options: LockOptions): Promise<LockOutcome> => {
  const { folder, self, isAlive, name = 'lock' } = options;
  const place = { folder, name };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (let round = 0; round < tries; round += 1) {
    const present = await readGenerations(place);
    const holder = present.find((generation) => generation.holder !== null && isAlive(generation.holder))?.holder ?? null;
    if (holder !== null && round > 0 && (await staysAlone(options, place, holder))) return { ok: false, holder };
    if (holder === null) {
      const own = await linkGeneration(options, place, Math.max(0, ...present.map(({ number }) => number)) + 1);
      if (own !== null) {
        if (await isAlone(options, place, own)) return { ok: true, release: () => rm(toPath(place, own), { force: true }) };
        await unlink(toPath(place, own));
      }
    }
    await pause(1 + Math.random() * 10);
  }
  const last = (await readGenerations(place)).find(({ holder }) => holder !== null && isAlive(holder));
  return { ok: false, holder: last?.holder ?? self };
};

/** Nobody else alive holds any; those of the dead are taken away. */
const isAlone = async ({ isAlive }: LockOptions, place: LockPlace, own: number): Promise<boolean> => {
  try {
    const others = (await readGenerations(place)).filter(({ number }) => number !== own);
    if (others.some(({ holder }) => holder !== null && isAlive(holder))) return false;
    await Promise.all(others.map(({ number }) => rm(toPath(place, number), { force: true })));
    return true;
  } catch (error) {
    // What does not own it must not look as if it did, as long as it lives.
    await rm(toPath(place, own), { force: true });
    throw error;
  }
};

type LockPlace = { readonly folder: string; readonly name: string };

const toPath = ({ folder, name }: LockPlace, number: number): string => join(folder, `${name}.${number}`);

/** Times between looks at who seems to own it, in milliseconds. */
const looksAgainAfter = [5, 10, 20] as const;

/** A contender that is about to withdraw looks like an owner for a moment; while there are two of them, none is one. */
const staysAlone = async ({ isAlive }: LockOptions, place: LockPlace, holder: ProcessIdentity): Promise<boolean> => {
  for (const wait of looksAgainAfter) {
    await pause(wait);
    const living = (await readGenerations(place)).flatMap((each) =>
      each.holder !== null && isAlive(each.holder) ? [each.holder] : [],
    );
    const isSame = living.every(({ pid, startTime }) => pid === holder.pid && startTime === holder.startTime);
    if (living.length === 0 || !isSame) return false;
  }
  return true;
};

const readGenerations = async (place: LockPlace): Promise<Generation[]> => {
  const prefix = `${place.name}.`;
  const numbers = (await readdir(place.folder)).flatMap((name) =>
    name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)) ? [Number(name.slice(prefix.length))] : [],
  );
  return numbers.map((number) => ({ number, holder: readHolder(toPath(place, number)) })).sort((a, b) => b.number - a.number);
};

/** Null: gone between the listing and the look, or never written by us: nobody's. */
const readHolder = (path: string): ProcessIdentity | null => {
  try {
    return toHolder(JSON.parse(readNote(path) ?? 'null'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ELOOP' || error instanceof SyntaxError) return null;
    throw error;
  }
};

const toHolder = (value: unknown): ProcessIdentity | null => {
  const { pid, startTime, bootId } = (value ?? {}) as Partial<ProcessIdentity>;
  return typeof pid === 'number' && typeof startTime === 'string' && typeof bootId === 'string'
    ? { pid, startTime, bootId }
    : null;
};

/** The file appears whole under its name, or not at all. Null: somebody else has this number. */
const linkGeneration = async (options: LockOptions, place: LockPlace, number: number): Promise<number | null> => {
  const { self, says = {}, draft: toDraft = () => `draft.${self.pid}.${Math.random().toString(36).slice(2)}` } = options;
  const draft = join(place.folder, toDraft());
  await writeFile(draft, JSON.stringify({ ...self, ...says }), { mode: 0o600, flag: 'wx' });
  try {
    await link(draft, toPath(place, number));
    return number;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return null;
    throw error;
  } finally {
    await unlink(draft);
  }
};
