import { link, mkdir, readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ProcessIdentity } from '../domain/process.ts';

export type LockOptions = {
  /** Private to the user. */
  readonly folder: string;
  readonly self: ProcessIdentity;
  readonly isAlive: (identity: ProcessIdentity) => boolean;
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
export const acquireLock = async ({ folder, self, isAlive }: LockOptions): Promise<LockOutcome> => {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (let round = 0; round < tries; round += 1) {
    const present = await readGenerations(folder);
    const holder = present.find((generation) => generation.holder !== null && isAlive(generation.holder))?.holder ?? null;
    if (holder !== null && round > 0 && (await staysAlive(folder, holder))) return { ok: false, holder };
    if (holder === null) {
      const own = await linkGeneration(folder, self, Math.max(0, ...present.map(({ number }) => number)) + 1);
      if (own !== null) {
        const others = (await readGenerations(folder)).filter(({ number }) => number !== own);
        if (others.every((other) => other.holder === null || !isAlive(other.holder))) {
          await Promise.all(others.map(({ number }) => rm(toPath(folder, number), { force: true })));
          return { ok: true, release: () => rm(toPath(folder, own), { force: true }) };
        }
        await unlink(toPath(folder, own));
      }
    }
    await pause(1 + Math.random() * 10);
  }
  const [last] = await readGenerations(folder);
  return { ok: false, holder: last?.holder ?? self };
};

const toPath = (folder: string, number: number): string => join(folder, `lock.${number}`);

/** A contender that is about to withdraw looks like an owner for a moment. */
const staysAlive = async (folder: string, holder: ProcessIdentity): Promise<boolean> => {
  await pause(5);
  return (await readGenerations(folder)).some(
    (generation) => generation.holder?.pid === holder.pid && generation.holder.startTime === holder.startTime,
  );
};

const readGenerations = async (folder: string): Promise<Generation[]> => {
  const names = (await readdir(folder)).flatMap((name) => /^lock\.(\d+)$/.exec(name)?.[1] ?? []);
  const generations = await Promise.all(
    names.map(async (number) => ({ number: Number(number), holder: await readHolder(toPath(folder, Number(number))) })),
  );
  return generations.sort((a, b) => b.number - a.number);
};

const readHolder = async (path: string): Promise<ProcessIdentity | null> => {
  try {
    const { pid, startTime, bootId } = JSON.parse(await readFile(path, 'utf8')) as Partial<ProcessIdentity>;
    return typeof pid === 'number' && typeof startTime === 'string' && typeof bootId === 'string'
      ? { pid, startTime, bootId }
      : null;
  } catch (error) {
    // Gone between the listing and the look, or never written by us: nobody's.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return null;
    throw error;
  }
};

/** The file appears whole under its name, or not at all. Null: somebody else has this number. */
const linkGeneration = async (folder: string, self: ProcessIdentity, number: number): Promise<number | null> => {
  const draft = join(folder, `draft.${self.pid}.${Math.random().toString(36).slice(2)}`);
  await writeFile(draft, JSON.stringify(self), { mode: 0o600, flag: 'wx' });
  try {
    await link(draft, toPath(folder, number));
    return number;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return null;
    throw error;
  } finally {
    await unlink(draft);
  }
};
