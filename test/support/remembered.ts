import { join } from 'node:path';
import type { History } from '../../lib/domain/history.ts';
import { ownUid } from '../../lib/runtime/identity.ts';
import { hashMachineId } from '../../lib/runtime/memory-file/machine.ts';
import { createMemoryFile, emptyMemory } from '../../lib/runtime/memory-file.ts';
import { readIdentity } from '../../lib/runtime/processes/read-identity.ts';

/** Puts these boots into the memory of the project in `folder`, as if they had happened here. */
export const remember = async (folder: string, history: History): Promise<void> => {
  const uid = ownUid();
  const facts = { uid: uid < 0 ? null : uid, machine: hashMachineId(), bootId: readIdentity(process.pid)?.bootId ?? null };
  const file = createMemoryFile({ path: join(folder, '.server_memory.json'), root: folder, facts });
  const { warning } = await file.read();
  if (warning !== null) throw new Error(warning);
  await file.save({ ...emptyMemory, history });
};
