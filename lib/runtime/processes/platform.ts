import { existsSync } from 'node:fs';
import { openProcTable } from './proc-table.ts';
import { openPsTable } from './ps-table.ts';
import type { ProcessTable } from './table.ts';

/** The one place that asks which system this is. */
export const openProcessTable = (): ProcessTable => (existsSync('/proc/self/stat') ? openProcTable() : openPsTable());
