import { uptime } from 'node:os';
import { openProcessTable } from './platform.ts';

/**
 * Epoch milliseconds since when anything can have run here. In a container that is its own start, which its first process has,
 * and not the boot of the machine below it, which `uptime` is about; elsewhere the two are the same.
 */
export const readBootedAt = (): number => {
  const machine = Date.now() - uptime() * 1_000;
  const table = openProcessTable();
  const first = table.read(1);
  // None where it is hidden, and on Windows, which has no such process.
  return Math.max(machine, (first === null ? null : table.describe(first).since) ?? machine);
};
