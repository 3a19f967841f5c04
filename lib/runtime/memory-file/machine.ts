import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { toMachineClass } from '../../domain/machine-class.ts';
import { readMachineId } from '../identity.ts';

/**
 * Names this machine, for telling a copied memory from our own. The system's own id should not be shown around (machine-id(5)),
 * so it is hashed.
 */
export const hashMachineId = (): string => createHash('sha256').update(`muster:${readMachineId()}`).digest('hex').slice(0, 16);

/** What kind of machine this is, as every run of it is marked. */
export const readMachineClass = (env: Readonly<Record<string, string | undefined>> = process.env): string =>
  toMachineClass({ platform: process.platform, arch: process.arch, cores: availableParallelism(), ci: env['CI'] });
