import type { ProcessIdentity } from '../../domain/process.ts';
import { openProcessTable } from './platform.ts';
import type { ProcessTable } from './table.ts';

let table: ProcessTable | null = null;

/** Identity of a process that is alive; null: it is not, or cannot be seen. */
export const readIdentity = (pid: number): ProcessIdentity | null => {
  table ??= openProcessTable();
  const stat = table.read(pid);
  return stat === null ? null : { pid, startTime: String(stat.start), bootId: table.bootId };
};
