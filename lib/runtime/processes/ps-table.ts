import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { type Marker, markerVariable, parseMarker } from '../../domain/process.ts';
import { toVisible, userName } from './describe.ts';
import { safeEnvironment } from './safe-path.ts';
import type { ProcessStat } from './stat.ts';
import { joined, type ProcessRow, type ProcessTable, type Snapshot } from './table.ts';

/**
 * Where there is no /proc (macOS, BSD): `ps`, and ps-list for the list of all. Weaker than Linux: start times are whole
 * seconds, each look at one process costs some milliseconds, and the environment is only shown of processes of one's own
 * user. Not tested on a machine of its kind; see docs/platforms.md.
 */
export const openPsTable = (): ProcessTable => {
  const read = (pid: number): ProcessStat | null => {
    const line = ps(['-o', 'pid=,ppid=,pgid=,stat=,lstart=', '-p', String(pid)]);
    return line === null ? null : parsePsLine(line);
  };
  return {
    bootId: readBootId(),
    isCheap: false,
    read,
    startOf: (pid) => read(pid)?.start ?? null,
    readMarker: (pid) => findPsMarker(ps(['eww', '-o', 'command=', '-p', String(pid)]) ?? ''),
    scan: joined(scan),
    scanMarked: joined(scan),
    describe: ({ pid, start }) => {
      const [, uid, command] = /^\s*(\d+)\s+(.*)$/m.exec(ps(['-ww', '-o', 'uid=,command=', '-p', String(pid)]) ?? '') ?? [];
      const user = uid === undefined ? null : Number(uid);
      return { command: toVisible(command ?? '(unknown)'), uid: user, user: userName(user), since: start * 1000 };
    },
    now: () => Math.floor(Date.now() / 1000),
    send: (pid, signal) => {
      process.kill(pid, signal);
    },
  };
};

const options = { encoding: 'utf8', env: safeEnvironment, maxBuffer: 64 * 1024 * 1024 } as const;

/** Null: `ps` found no such process, which it tells by its exit code. */
const ps = (args: readonly string[]): string | null => {
  try {
    return execFileSync('ps', args, { ...options, stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return null;
  }
};

/** `  123     1   123 Ss   Mon Jan  5 10:11:12 2026` */
export const parsePsLine = (line: string): ProcessStat | null => {
  const [, pid, parent, group, state, started] = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.+?)\s*$/m.exec(line) ?? [];
  const start = Date.parse(started ?? '') / 1000;
  if (pid === undefined || state?.startsWith('Z') !== false || Number.isNaN(start)) return null;
  return { pid: Number(pid), parent: Number(parent), group: Number(group), start };
};

/** The environment stands behind the command line, with blanks between; a value of a marker holds none. */
export const findPsMarker = (text: string): Marker | null => {
  const value = new RegExp(`(?:^|\\s)${markerVariable}=(\\S+)`).exec(text)?.[1];
  return value === undefined ? null : parseMarker(value);
};

const scan = async (): Promise<Snapshot> => {
  const run = promisify(execFile);
  const { default: psList } = await import('ps-list');
  const [processes, groups, environments] = await Promise.all([
    psList(),
    run('ps', ['-A', '-o', 'pid=,ppid=,pgid=,stat=,lstart='], options),
    run('ps', ['axeww', '-o', 'pid=,command='], options),
  ]);
  const markers = new Map(
    environments.stdout.split('\n').map((line) => [Number.parseInt(line, 10), findPsMarker(line)] as const),
  );
  const stats = groups.stdout.split('\n').map(parsePsLine);
  const byPid = new Map(stats.filter((stat) => stat !== null).map((stat) => [stat.pid, stat] as const));
  const rows = new Map<number, ProcessRow>();
  for (const { pid } of processes) {
    const stat = byPid.get(pid);
    if (stat !== undefined) rows.set(pid, { ...stat, marker: markers.get(pid) ?? null });
  }
  return rows;
};

/** A new one at each boot. Where it cannot be read, nothing recorded before is taken for alive. */
const readBootId = (): string => {
  try {
    return execFileSync('sysctl', ['-n', 'kern.bootsessionuuid'], { ...options, stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return `unknown-${process.pid}-${Date.now()}`;
  }
};
