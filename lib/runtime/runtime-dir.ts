import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { ownUid } from './identity.ts';

/** The folder of a running project's socket and other things that do not outlive the machine's boot; or why there is none. */
export type RuntimeDir = { readonly ok: true; readonly path: string } | { readonly ok: false; readonly reason: string };

/** macOS takes 103 bytes; Linux takes 107, and Node 20 cuts a longer one off without a word. */
const longestSocketPath = 103;

/**
 * `$XDG_RUNTIME_DIR/muster/<project>`, else `<temporary folder>/muster-<uid>/<project>`. Made if it is missing; each folder of
 * it that is ours must be a real folder, owned by us, and closed to others (0700), or it is refused: in a temporary folder
 * everybody can plant one in advance.
 */
export const runtimeDir = (projectId: string, env: NodeJS.ProcessEnv = process.env): RuntimeDir => {
  const given = env.XDG_RUNTIME_DIR ?? '';
  const home = isAbsolute(given) ? asOwnFolder(given) : null;
  const base = home === null ? join(tmpdir(), `muster-${ownUid()}`) : join(home, 'muster');
  const path = join(base, projectId);
  const reason = makePrivate(base) ?? makePrivate(path);
  return reason === null ? { ok: true, path } : { ok: false, reason };
};

/** The folders in which the runtime folders of this user's projects may be: whoever starts one may have another environment. */
export const runtimeBases = (env: NodeJS.ProcessEnv = process.env): readonly string[] => {
  const given = env.XDG_RUNTIME_DIR ?? '';
  const home = isAbsolute(given) ? asOwnFolder(given) : null;
  const temporary = env.TMPDIR !== undefined && isAbsolute(env.TMPDIR) ? env.TMPDIR : tmpdir();
  const candidates = [
    ...(home === null ? [] : [join(home, 'muster')]),
    // The usual one of a login, of which a session without one (su, cron) does not know.
    join('/run/user', String(ownUid()), 'muster'),
    join(temporary, `muster-${ownUid()}`),
  ];
  return [...new Set(candidates)].filter((path) => isPrivate(path));
};

/** Ours alone, as it is: a listing makes and mends nothing. */
export const isPrivate = (path: string): boolean => {
  try {
    const stat = lstatSync(path);
    return stat.isDirectory() && isOwn(stat.uid) && (process.platform === 'win32' || (stat.mode & 0o077) === 0);
  } catch {
    // Nothing is there, or nothing that we may see: nothing of ours runs there.
    return false;
  }
};

/** `dir/name`, or why a socket cannot have that path. */
export const socketPath = (dir: string, name: string): RuntimeDir => {
  const path = join(dir, name);
  const length = Buffer.byteLength(path);
  if (length <= longestSocketPath) return { ok: true, path };
  return {
    ok: false,
    reason: `the socket path ${path} has ${length} bytes, and ${longestSocketPath} is the most; set XDG_RUNTIME_DIR to a shorter folder`,
  };
};

/** Under `sudo` or in a container the variable may point to another user's folder, or to none: then it does not count. */
const asOwnFolder = (path: string): string | null => {
  try {
    const stat = lstatSync(path);
    return stat.isDirectory() && isOwn(stat.uid) ? path : null;
  } catch {
    return null;
  }
};

const isOwn = (uid: number): boolean => ownUid() === -1 || uid === ownUid();

/** Null: the folder is there, ours alone. Else why not. */
const makePrivate = (path: string): string | null => {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN';
    if (code !== 'EEXIST') return `cannot make the folder ${path} (${code})`;
  }
  const stat = lstatSync(path);
  if (stat.isSymbolicLink()) return `${path} is a symbolic link, which is not followed; remove it`;
  if (!stat.isDirectory()) return `${path} is not a folder; remove it`;
  if (!isOwn(stat.uid)) return `${path} belongs to another user (uid ${stat.uid}); it cannot be trusted`;
  if (process.platform === 'win32' || (stat.mode & 0o077) === 0) return null;
  if ((stat.mode & 0o022) !== 0) return `others may write into ${path}, so what is in it cannot be trusted; remove it`;
  // Others could only look into it: closing it mends that.
  chmodSync(path, 0o700);
  return null;
};
