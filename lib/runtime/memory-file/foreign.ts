import { basename } from 'node:path';
import type { History } from '../../domain/history.ts';
import { lookAt } from './place.ts';

export type ForeignHistory =
  | {
      readonly ok: true;
      readonly history: History /** Entries that made no sense and were left out. */;
      readonly faults: readonly string[];
    }
  /** `reason` is a sentence without a full stop. */
  | { readonly ok: false; readonly reason: string };

/**
 * The history in a memory file of another project's folder, machine or CI. Only the history is taken: what runs, or is done, there
 * is of no meaning here. Never changes the file.
 */
export const readForeignHistory = async (path: string): Promise<ForeignHistory> => {
  const found = await lookAt(path, null);
  const name = basename(path);
  switch (found.kind) {
    case 'absent':
      return { ok: false, reason: `${path} does not exist` };
    case 'closed':
      return { ok: false, reason: `no permission to look at ${path}` };
    case 'newer':
      return { ok: false, reason: `${name} was written by a newer muster (version ${found.version}): upgrade muster` };
    case 'damaged':
      return { ok: false, reason: `${name} ${found.what}` };
    case 'conflict':
      return { ok: true, history: found.history, faults: [] };
    case 'read':
      return { ok: true, history: found.decoded.memory.history, faults: found.decoded.faults };
  }
};
