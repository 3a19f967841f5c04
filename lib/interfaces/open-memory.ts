import path from 'node:path';
import { memoryFileName } from '../domain/memory-name.ts';
import type { MemoryFile } from '../runtime/memory-file.ts';

/** Whoever saves it must hold the project's lock. */
export const openMemoryFile = async (root: string): Promise<MemoryFile> => {
  const [{ createMemoryFile }, { hashMachineId }, { ownUid }, { readIdentity }] = await Promise.all([
    import('../runtime/memory-file.ts'),
    import('../runtime/memory-file/machine.ts'),
    import('../runtime/identity.ts'),
    import('../runtime/processes/read-identity.ts'),
  ]);
  const uid = ownUid();
  const facts = { uid: uid < 0 ? null : uid, machine: hashMachineId(), bootId: readIdentity(process.pid)?.bootId ?? null };
  return createMemoryFile({ path: path.join(root, memoryFileName), root, facts });
};
