import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { safeEnvironment } from '../processes/safe-path.ts';
import type { MeasureProcesses, ProcessUsage } from '../usage.ts';

/** macOS and BSD: `ps`. Memory is what each process has in memory, what they share included. Not tested on a machine of its kind. */
export const measureByPs: MeasureProcesses = async (pids) => {
  if (pids.length === 0) return new Map();
  const { stdout } = await promisify(execFile)('ps', ['-o', 'pid=,time=,rss=', '-p', pids.join(',')], {
    encoding: 'utf8',
    env: safeEnvironment,
    maxBuffer: 16 * 1024 * 1024,
    // Exit code 1 when one of them is gone by now: what it printed of the others counts.
  }).catch((error: unknown) => ({ stdout: String((error as { readonly stdout?: string }).stdout ?? '') }));
  return new Map(stdout.split('\n').flatMap((line) => parseUsageLine(line) ?? []));
};

/** `  812   1:02.34  10240`: pid, CPU time, kilobytes. In a list, so that one that cannot be read is none. */
export const parseUsageLine = (line: string): [readonly [number, ProcessUsage]] | null => {
  const [, pid, time = '', kilobytes] = /^\s*(\d+)\s+(\S+)\s+(\d+)\s*$/.exec(line) ?? [];
  if (pid === undefined) return null;
  const cpuTime = time.split(/[:-]/).reduce((sum, part) => sum * 60 + Number(part), 0) * 1000;
  return [[Number(pid), { cpuTime, memory: Number(kilobytes) * 1024, memoryKind: 'rss' }]];
};
