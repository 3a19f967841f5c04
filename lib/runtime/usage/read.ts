import { existsSync } from 'node:fs';
import type { Clock } from '../clock.ts';
import type { Processes, TreeMember } from '../processes.ts';
import type { MeasureProcesses, ProcessUsage, ReadUsage, TreeUsage } from '../usage.ts';
import { measureByProc } from './proc-usage.ts';
import { measureByPs } from './ps-usage.ts';

/** A reading younger than this is given again. */
const soonest = 500;

/** Of more processes than this, the memory is read in the cheap way. */
const mostExactly = 200;

type Sample = { readonly at: number; readonly cpuTimes: ReadonlyMap<string, number> };

/** Reads the use of process trees on this system. It remembers one reading, from which the next one tells the percentage. */
export const createReadUsage = (
  processes: Pick<Processes, 'listMembers'>,
  clock: Pick<Clock, 'now'>,
  measure: MeasureProcesses = measureHere(),
): ReadUsage => {
  let last: Sample | null = null;
  let recent: { readonly at: number; readonly key: string; readonly reading: Promise<readonly TreeUsage[]> } | null = null;

  const read: ReadUsage = async (trees) => {
    const members = await processes.listMembers(trees);
    const pids = [...new Set(members.flat().map(({ pid }) => pid))];
    const usages = await measure(pids, pids.length > mostExactly);
    const now = clock.now();
    const before = last;
    const cpuTimes = new Map<string, number>();
    const readings = members.map((tree) => toTreeUsage({ tree, usages, before, now, cpuTimes }));
    last = { at: now, cpuTimes };
    return readings;
  };

  return (trees) => {
    const key = trees.map(({ leader }) => `${leader?.pid}/${leader?.startTime}`).join(' ');
    const now = clock.now();
    if (recent === null || recent.key !== key || now - recent.at > soonest) recent = { at: now, key, reading: read(trees) };
    return recent.reading;
  };
};

type TreeReading = {
  readonly tree: readonly TreeMember[];
  readonly usages: ReadonlyMap<number, ProcessUsage>;
  readonly before: Sample | null;
  readonly now: number;
  /** Where this sample is written down. */
  readonly cpuTimes: Map<string, number>;
};

const toTreeUsage = ({ tree, usages, before, now, cpuTimes }: TreeReading): TreeUsage => {
  const living = tree.flatMap((member) => {
    const usage = usages.get(member.pid);
    return usage === undefined ? [] : [{ key: `${member.pid}/${member.start}`, usage }];
  });
  let gained = 0;
  for (const { key, usage } of living) {
    if (usage.cpuTime === null) continue;
    cpuTimes.set(key, usage.cpuTime);
    // All that a new one has used, it has used since then.
    gained += Math.max(0, usage.cpuTime - (before?.cpuTimes.get(key) ?? 0));
  }
  const span = before === null ? 0 : now - before.at;
  const isKnown = living.every(({ usage }) => usage.cpuTime !== null);
  return {
    cpu: span <= 0 || !isKnown ? null : (gained / span) * 100,
    cpuTime: isKnown ? sum(living.map(({ usage }) => usage.cpuTime)) : null,
    memory: living.every(({ usage }) => usage.memory !== null) ? sum(living.map(({ usage }) => usage.memory)) : null,
    memoryKind: living.every(({ usage }) => usage.memoryKind === 'pss') ? 'pss' : 'rss',
    processes: tree.length,
  };
};

const sum = (values: readonly (number | null)[]): number => values.reduce<number>((total, value) => total + (value ?? 0), 0);

const measureHere = (): MeasureProcesses => {
  // Windows tells it only through a helper that takes a second each time.
  if (process.platform === 'win32') return async (pids) => new Map(pids.map((pid) => [pid, notTold]));
  return existsSync('/proc/self/stat') ? measureByProc : measureByPs;
};

const notTold: ProcessUsage = { cpuTime: null, memory: null, memoryKind: 'rss' };
