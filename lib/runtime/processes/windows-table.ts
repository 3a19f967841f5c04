import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { toVisible } from './describe.ts';
import { safeEnvironment } from './safe-path.ts';
import type { ProcessStat } from './stat.ts';
import { joined, type ProcessRow, type ProcessTable, type Snapshot } from './table.ts';

/**
 * Windows: PowerShell's CIM for the list (ps-list knows no start times there), `taskkill /T` for the end. Much weaker than
 * Linux: the environment of another process cannot be read, so a child is known only by descent while its parents live;
 * there are no signals, so a console program cannot be asked to stop, only ended; each look takes some hundred milliseconds.
 * Not tested on a machine of its kind; see docs/platforms.md.
 */
export const openWindowsTable = (): ProcessTable => {
  const read = (pid: number): ProcessStat | null => {
    if (!Number.isSafeInteger(pid) || pid < 1) return null;
    return parseRows(run(listScript(`-Filter "ProcessId=${pid}"`)))[0]?.stat ?? null;
  };
  return {
    bootId: run(bootScript).trim(),
    isCheap: false,
    read,
    startOf: (pid) => read(pid)?.start ?? null,
    readMarker: () => null,
    scan: joined(scan),
    scanMarked: joined(scan),
    describe: ({ pid, start }) => {
      const command = parseRows(run(listScript(`-Filter "ProcessId=${pid}"`)))[0]?.command ?? '';
      return { command: command === '' ? '(unknown)' : toVisible(command), uid: null, user: null, since: start };
    },
    now: () => Date.now(),
    send: (target, signal) => {
      // There is nothing to suspend or to continue; a tree that gets the end in earnest is not asked.
      if (signal === 'SIGCONT' || signal === 'SIGSTOP') return;
      const args = ['/PID', String(Math.abs(target)), '/T', ...(signal === 'SIGKILL' ? ['/F'] : [])];
      execFileSync('taskkill', args, { env: safeEnvironment, stdio: 'ignore', windowsHide: true });
    },
  };
};

const options = { env: safeEnvironment, encoding: 'utf8', windowsHide: true, maxBuffer: 64 * 1024 * 1024 } as const;
const powershell = 'WindowsPowerShell\\v1.0\\powershell.exe';
const shellPath = `${process.env.SystemRoot ?? 'C:\\Windows'}\\System32\\${powershell}`;
const shellArgs = (script: string): string[] => ['-NoProfile', '-NonInteractive', '-Command', script];

const bootScript = '([DateTimeOffset](Get-CimInstance Win32_OperatingSystem).LastBootUpTime).ToUnixTimeMilliseconds()';

/** One line for each process: pid, parent, start in epoch milliseconds, command line. */
const listScript = (filter: string): string =>
  `Get-CimInstance Win32_Process ${filter} | ForEach-Object { ` +
  `"$($_.ProcessId) $($_.ParentProcessId) $(([DateTimeOffset]$_.CreationDate).ToUnixTimeMilliseconds()) $($_.CommandLine)" }`;

const run = (script: string): string => {
  try {
    return execFileSync(shellPath, shellArgs(script), { ...options, stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    // Nothing is known then, and what is not known is not signalled.
    return '';
  }
};

type WindowsRow = { readonly stat: ProcessStat; readonly command: string };

/** Every process is a group of its own: `taskkill /T` takes the place of a signal to the group. */
export const parseRows = (text: string): readonly WindowsRow[] =>
  [...text.matchAll(/^(\d+) (\d+) (\d+) ?(.*?)\r?$/gm)].map(([, pid, parent, start, command]) => ({
    stat: { pid: Number(pid), parent: Number(parent), group: Number(pid), start: Number(start) },
    command: command ?? '',
  }));

const scan = async (): Promise<Snapshot> => {
  const { stdout } = await promisify(execFile)(shellPath, shellArgs(listScript('')), options);
  return new Map(parseRows(stdout).map(({ stat }): [number, ProcessRow] => [stat.pid, { ...stat, marker: null }]));
};
