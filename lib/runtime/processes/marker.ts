import { type Marker, markerVariable, parseMarker } from '../../domain/process.ts';
import { readProc } from './read-proc.ts';

const needle = Buffer.from(`${markerVariable}=`);

/** The marker in an environment as /proc shows it: `NAME=value` entries, a NUL after each. */
export const findMarker = (environ: Buffer): Marker | null => {
  for (let at = environ.indexOf(needle); at >= 0; at = environ.indexOf(needle, at + 1)) {
    if (at > 0 && environ[at - 1] !== 0) continue;
    const end = environ.indexOf(0, at);
    return parseMarker(environ.toString('utf8', at + needle.length, end < 0 ? environ.length : end));
  }
  return null;
};

/** Null also where the environment is not ours to read. */
export const readMarker = (pid: number): Marker | null => {
  const environ = readProc(`/proc/${pid}/environ`, { isOnePiece: true });
  return environ === null ? null : findMarker(environ);
};

/**
 * True when a process with marker `of` belongs to the attempt `tree`: leftovers of earlier attempts do too, and its hooks. To the
 * tree of a hook, only what that hook has started.
 */
export const isMarkedFor = (of: Marker, tree: Marker): boolean =>
  of.project === tree.project &&
  of.service === tree.service &&
  (tree.hook === undefined ? of.attempt <= tree.attempt : of.attempt === tree.attempt && of.hook === tree.hook);
