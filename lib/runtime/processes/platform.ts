import { existsSync } from 'node:fs';
import { openProcTable } from './proc-table.ts';
import { openPsTable } from './ps-table.ts';
import type { ProcessTable } from './table.ts';
import { openWindowsTable } from './windows-table.ts';

/** The one place that asks which system this is. */
export const openProcessTable = (): ProcessTable => {
  if (process.platform === 'win32') return openWindowsTable();
  return existsSync('/proc/self/stat') && process.platform === 'linux' ? openProcTable() : openPsTable();
};
