import { readFileSync, realpathSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { remember } from '../util/remember.ts';
import { sha256 } from '../util/sha256.ts';

/** Stays the same over boots; other on every machine, also on a copy of this one's disk that was set up properly. */
export const readMachineId = (): string => {
  for (const path of ['/etc/machine-id', '/var/lib/dbus/machine-id']) {
    try {
      const id = readFileSync(path, 'utf8').trim();
      if (id !== '') return id;
    } catch {
      // Not every system has one; the name of the machine is the next best.
    }
  }
  return hostname();
};

/** The user that we act as; -1 where users have no numbers. */
export const ownUid = (): number => process.geteuid?.() ?? -1;

/**
 * Names one project of one user on one machine: 16 lower-case hexadecimal characters. The same through a symbolic link or
 * another spelling of the path; another for a copy of the folder, even if it lies at the same path on another machine. Throws
 * the system's error when `root` does not exist.
 */
export const projectId = (root: string, uid: number = ownUid(), machineId: string = readMachineId()): string => {
  const path = realpathSync.native(root);
  const { dev, ino } = statSync(path, { bigint: true });
  return toId([machineId, path, dev, ino, uid].join('\0'));
};

// Asked for by several on the way of a boot; a process has to do with few projects.
const toId = remember((text: string) => sha256(Buffer.from(text)).slice(0, 16));
