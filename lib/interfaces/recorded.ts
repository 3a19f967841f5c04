import { journalIn, readJournal } from '../runtime/journal.ts';
import type { Memory } from '../runtime/memory-file.ts';
import { readIdentity } from '../runtime/processes/read-identity.ts';
import { projectFolder } from '../runtime/project-folder.ts';

/** What runs, as far as its supervisor has told, dead or alive: the memory with what is newer than it. */
export const readRecorded = (
  root: string,
  { running }: Memory,
  env: Readonly<Record<string, string | undefined>>,
): Memory['running'] => {
  const folder = projectFolder(root, env);
  const bootId = readIdentity(process.pid)?.bootId;
  return folder.ok && bootId !== undefined ? { ...running, ...readJournal(journalIn(folder.path), bootId).recorded } : running;
};
