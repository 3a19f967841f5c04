import { createHash } from 'node:crypto';
import { readMachineId } from '../identity.ts';

/**
 * Names this machine, for telling a copied memory from our own. The system's own id should not be shown around (machine-id(5)),
 * so it is hashed.
 */
export const hashMachineId = (): string => createHash('sha256').update(`muster:${readMachineId()}`).digest('hex').slice(0, 16);
