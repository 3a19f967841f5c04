import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { writeAtomically } from '../../runtime/atomic-write.ts';

/**
 * Puts the text where the user said. A file of that name is replaced, at once and whole; a folder, a device or a symbolic link is
 * not, for what is behind a link was not named. Null, or why it could not be.
 */
export const writeOutputFile = async (cwd: string, file: string, text: string): Promise<string | null> => {
  const target = path.resolve(cwd, file);
  let found: Awaited<ReturnType<typeof lstat>> | null = null;
  try {
    found = await lstat(target);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOENT') return `cannot write ${file}: ${code ?? String(error)}`;
  }
  if (found?.isDirectory() === true) return `${file} is a folder; name a file in it`;
  if (found?.isSymbolicLink() === true) return `${file} is a symbolic link; name the file itself`;
  if (found !== null && !found.isFile()) return `${file} is no ordinary file`;
  const written = await writeAtomically({ path: target, chunks: [Buffer.from(text)], mode: 0o644 });
  return written.ok ? null : written.reason;
};
