import { accessSync, constants, lstatSync, statfsSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import type { Check, Finding } from './finding.ts';

/** Less than this stops what writes; a boot writes its memory and its logs. */
const leastBytes = 10_000_000;
const fewBytes = 500_000_000;
const fewFiles = 1_000;

/** The folders that are written to: may we, and is there room? */
export const checkPlaces: Check = ({ root, stack, runtime }) => {
  const logs = new Set([...(stack?.services.values() ?? [])].map(({ log }) => dirname(log.file)));
  const folders = [root, ...[...logs].filter((folder) => folder !== root)];
  const name = (folder: string): string => (folder === root ? "the project's folder" : relative(root, folder) || folder);
  return [
    ...folders.flatMap((folder) => checkRights(folder, name(folder), folder === root)),
    ...checkRoom([...folders, ...(runtime.ok ? [runtime.path] : [])], root),
  ];
};

const checkRights = (folder: string, name: string, isRoot: boolean): readonly Finding[] => {
  const stat = tryTo(() => lstatSync(folder));
  // It is made when it is needed.
  if (stat === null) return [];
  if (!stat.isDirectory()) return [];
  const isWritable = tryTo(() => {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  });
  if (isWritable === null) {
    return isRoot
      ? [
          {
            code: 'not-writable',
            severity: 'warning',
            text: `no permission to write into ${name}: nothing is remembered, and logs may not be written`,
            mend: `ls -ld ${folder}`,
          },
        ]
      : [
          {
            code: 'not-writable',
            severity: 'error',
            text: `no permission to write into ${name}: the services cannot write their logs`,
            mend: `sudo chown -R $(id -u) ${folder}`,
          },
        ];
  }
  const isOpen = !isRoot && process.platform !== 'win32' && (stat.mode & 0o022) !== 0;
  if (!isOpen) return [];
  const text = `others can write into ${name}, and with that plant what you read as logs`;
  return [{ code: 'logs-open', severity: 'warning', text, mend: `chmod go-w ${folder}` }];
};

const checkRoom = (folders: readonly string[], root: string): readonly Finding[] => {
  const findings: Finding[] = [];
  const seen = new Set<string>();
  for (const folder of folders) {
    const at = tryTo(() => statfsSync(folder));
    const device = tryTo(() => String(lstatSync(folder).dev));
    if (at === null || device === null || seen.has(device)) continue;
    seen.add(device);
    const free = at.bavail * at.bsize;
    const where = folder === root ? "the project's disk" : `the disk of ${folder}`;
    if (at.blocks > 0 && free < fewBytes) {
      const severity = free < leastBytes ? 'error' : 'warning';
      findings.push({
        code: 'disk-space',
        severity,
        text: `${where} has ${Math.floor(free / 1e6)} MB left`,
        mend: `df -h ${folder}`,
      });
    }
    if (at.files > 0 && at.ffree < fewFiles) {
      const severity = at.ffree < 20 ? 'error' : 'warning';
      findings.push({
        code: 'disk-inodes',
        severity,
        text: `${where} has room for ${at.ffree} more files`,
        mend: `df -i ${folder}`,
      });
    }
  }
  return findings;
};

/** Null: the system does not let us look, which is the business of whoever writes there. */
const tryTo = <Result>(look: () => Result): Result | null => {
  try {
    return look();
  } catch {
    return null;
  }
};
