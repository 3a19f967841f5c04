import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dataStart } from './file-facts.ts';

/** Where a rotation copies the front of a log to, before it takes it out. */
export const copyPathOf = (path: string): string => `${path}.rotating`;

const chunkSize = 262_144;
const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0);

const isSameContent = async (copy: FileHandle, live: FileHandle): Promise<boolean> => {
  let offset = dataStart(live.fd, await live.stat());
  const [ours, theirs] = [Buffer.alloc(chunkSize), Buffer.alloc(chunkSize)];
  for (;;) {
    const { bytesRead } = await copy.read(ours, 0, chunkSize, null);
    if (bytesRead === 0) return true;
    const other = await live.read(theirs, 0, bytesRead, offset);
    if (other.bytesRead < bytesRead || ours.compare(theirs, 0, bytesRead, 0, bytesRead) !== 0) return false;
    offset += bytesRead;
  }
};

/** What a copy that a killed rotation left is worth: the live file still has its bytes, or it is the only place of them. */
export const isCopyStillInLive = async (path: string): Promise<boolean> => {
  const copy = await open(copyPathOf(path), flags);
  try {
    const live = await open(path, flags);
    try {
      return await isSameContent(copy, live);
    } finally {
      await live.close();
    }
  } finally {
    await copy.close();
  }
};
