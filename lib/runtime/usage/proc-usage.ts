import { lazy } from '../../util/lazy.ts';
import { glanceAtProcText } from '../processes/read-proc.ts';
import { millisecondsPerTick, toStatFields } from '../processes/stat.ts';
import type { MeasureProcesses, ProcessUsage } from '../usage.ts';

/** How long a measurement may keep the event loop, in milliseconds. */
const slice = 4;

/** Linux: CPU time of `stat`, and the proportional share of memory of `smaps_rollup`. */
export const measureByProc: MeasureProcesses = async (pids, isMany) => {
  const found = new Map<number, ProcessUsage>();
  let since = performance.now();
  for (const pid of pids) {
    const usage = measure(pid, isMany);
    if (usage !== null) found.set(pid, usage);
    if (performance.now() - since <= slice) continue;
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    since = performance.now();
  }
  return found;
};

const measure = (pid: number, isMany: boolean): ProcessUsage | null => {
  const stat = glanceAtProcText(`/proc/${pid}/stat`);
  if (stat === null) return null;
  const { cpuTime, rss } = parseUsage(stat);
  // The kernel walks all pages of the process for it, and shows it only to its user.
  const pss = isMany ? null : parsePss(glanceAtProcText(`/proc/${pid}/smaps_rollup`) ?? '');
  return pss === null ? { cpuTime, memory: rss, memoryKind: 'rss' } : { cpuTime, memory: pss, memoryKind: 'pss' };
};

/** Of `/proc/PID/stat`: user and system time, and the pages that are in memory. */
export const parseUsage = (stat: string): { readonly cpuTime: number; readonly rss: number } => {
  const fields = toStatFields(stat) ?? [];
  return { cpuTime: (Number(fields[11]) + Number(fields[12])) * millisecondsPerTick, rss: Number(fields[21]) * pageSize() };
};

/** Of `/proc/PID/smaps_rollup`, in bytes; null: it is not there, or not for us. */
export const parsePss = (text: string): number | null => {
  const kilobytes = /^Pss:\s+(\d+) kB$/m.exec(text)?.[1];
  return kilobytes === undefined ? null : Number(kilobytes) * 1024;
};

/** There is no way to ask without a helper program: the kernel tells our own size in both units. */
const readPageSize = (): number => {
  const pages = Number(/^\d+ (\d+)/.exec(glanceAtProcText('/proc/self/statm') ?? '')?.[1] ?? 0);
  if (pages === 0) return 4096;
  const exact = process.memoryUsage.rss() / pages;
  return [4096, 16_384, 65_536].reduce((best, size) => (Math.abs(size - exact) < Math.abs(best - exact) ? size : best), 4096);
};

const pageSize = lazy(readPageSize);
