import path from 'node:path';
import { memoryFileName } from '../../domain/memory-name.ts';
import type { Memory, MemoryFile } from '../../runtime/memory-file.ts';
import type { Output } from './output.ts';

/** What the project's memory holds. Whatever is wrong with the file is one warning on stderr, where there is one to be, and never an error. */
export const readMemory = async (root: string, stderr: Output | null): Promise<Memory> => {
  const { memory, warning } = await (await openMemoryFile(root)).read();
  if (warning !== null) stderr?.line(`muster: ${warning}`);
  return memory;
};

/** Whoever saves it must hold the project's lock. */
export const openMemoryFile = async (root: string): Promise<MemoryFile> => {
  const [{ createMemoryFile }, { hashMachineId }, { ownUid }, { readIdentity }] = await Promise.all([
    import('../../runtime/memory-file.ts'),
    import('../../runtime/memory-file/machine.ts'),
    import('../../runtime/identity.ts'),
    import('../../runtime/processes/read-identity.ts'),
  ]);
  const uid = ownUid();
  const facts = { uid: uid < 0 ? null : uid, machine: hashMachineId(), bootId: readIdentity(process.pid)?.bootId ?? null };
  return createMemoryFile({ path: path.join(root, memoryFileName), root, facts });
};
