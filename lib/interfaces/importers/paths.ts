import path from 'node:path';
import type { Place } from './tree.ts';

/**
 * A path that starts from the folder of the file it stands in, as it has to be written in a file in `out`. A path that begins with
 * a variable is nobody's to change.
 */
export const rebase = (written: string, { folder }: Pick<Place, 'folder'>, out: string): string => {
  if (written.startsWith('~') || written.startsWith('$') || path.isAbsolute(written)) return written;
  return path.join(path.relative(out, folder), written) || '.';
};
