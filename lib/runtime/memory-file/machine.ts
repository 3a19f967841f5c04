import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';

/**
 * Names this machine, for telling a copied memory from our own. The system's own id should not be shown around (machine-id(5)),
 * so it is hashed; where there is none, the host's name stands in.
 */
export const readMachineId = async (): Promise<string> => {
  const id = (await readId('/etc/machine-id')) ?? (await readId('/var/lib/dbus/machine-id')) ?? hostname();
  return createHash('sha256').update(`muster:${id}`).digest('hex').slice(0, 16);
};

const readId = async (path: string): Promise<string | null> => {
  // Absent on other systems and in slim containers, where the next one is asked.
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.trim() === '' ? null : text.trim();
};
