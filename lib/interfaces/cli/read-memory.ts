import type { Memory } from '../../runtime/memory-file.ts';
import { openMemoryFile } from '../open-memory.ts';
import type { Output } from './output.ts';

/** What the project's memory holds. Whatever is wrong with the file is one warning on stderr, where there is one to be, and never an error. */
export const readMemory = async (root: string, stderr: Output | null): Promise<Memory> => {
  const { memory, warning } = await (await openMemoryFile(root)).read();
  if (warning !== null) stderr?.line(`muster: ${warning}`);
  return memory;
};
