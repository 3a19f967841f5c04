import { statSync } from 'node:fs';
import { ownUid } from './identity.ts';

/**
 * Null: nothing speaks against writing into this project. Otherwise why not, as a sentence: under sudo, whatever root writes into the
 * folder of somebody else could not be changed or removed by them afterwards (S-36). Root of its own accord, as in a container with
 * the folder of a user in it, is nobody's mistake. Throws the system's error when `root` does not exist.
 */
export const whySudoIsRefused = (root: string, env: NodeJS.ProcessEnv, uid: number = ownUid()): string | null => {
  const { SUDO_UID, SUDO_USER } = env;
  if (uid !== 0 || SUDO_UID === undefined || SUDO_UID === '0') return null;
  const owner = statSync(root).uid;
  if (owner === 0) return null;
  const name = String(owner) === SUDO_UID && SUDO_USER !== undefined ? SUDO_USER : `the user with uid ${owner}`;
  return `${root} belongs to ${name}, who could not change what root writes there: run it without sudo`;
};

export type Caller = { readonly uid: number; readonly gid: number };

/** Who called, also through sudo. Null: root of its own accord, or a system on which users have no numbers. */
export const readCaller = (env: Readonly<Record<string, string | undefined>>, self: Caller | null = ownIds()): Caller | null => {
  if (self === null || self.uid !== 0) return self;
  const [uid, gid] = [env['SUDO_UID'], env['SUDO_GID']].map((text) => (/^\d{1,10}$/.test(text ?? '') ? Number(text) : 0));
  return uid === undefined || gid === undefined || uid === 0 ? null : { uid, gid };
};

const ownIds = (): Caller | null => {
  const [uid, gid] = [process.geteuid?.(), process.getegid?.()];
  return uid === undefined || gid === undefined ? null : { uid, gid };
};
