import { readdirSync, readFileSync } from 'node:fs';
import { descriptorLimit } from '../../../runtime/processes/descriptors.ts';
import type { Check, Finding } from './finding.ts';

/** What a supervisor needs for itself, and for the logs that it has open at once. */
const ownDescriptors = 64;
/** A service is a process or a few. */
const processesEach = 3;

/** Limits of the system that a stack of this size would run into. */
export const checkLimits: Check = ({ stack }) => {
  const services = stack?.services.size ?? 0;
  return [...checkNode(), ...checkClock(), ...checkDescriptors(services), ...checkProcesses(services), ...checkWatches()];
};

const checkNode = (): readonly Finding[] => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return [];
  const text = `this is Node ${process.versions.node}, and muster needs 20.19 or newer`;
  return [{ code: 'node-version', severity: 'error', text, mend: 'install a newer Node' }];
};

/** Before muster was written: certificates fail, and logs sort wrongly. */
const checkClock = (): readonly Finding[] =>
  Date.now() > Date.UTC(2025, 0, 1)
    ? []
    : [{ code: 'clock', severity: 'warning', text: `the clock of this machine says ${new Date().toISOString()}`, mend: 'date' }];

const checkDescriptors = (services: number): readonly Finding[] => {
  const limit = descriptorLimit();
  const needed = ownDescriptors + services;
  if (limit >= needed) return [];
  const text = `at most ${limit} files may be open at once, and ${services} services need about ${needed}`;
  return [{ code: 'limit-files', severity: 'warning', text, mend: `ulimit -n ${Math.max(1024, needed * 2)}` }];
};

const checkProcesses = (services: number): readonly Finding[] => {
  const soft = /^Max processes\s+(\d+)/m.exec(read('/proc/self/limits') ?? '')?.[1];
  // Root is not held to it.
  if (soft === undefined || process.getuid?.() === 0) return [];
  const left = Number(soft) - countOwnProcesses();
  const needed = services * processesEach;
  if (left >= needed) return [];
  const text = `this user may start ${Math.max(0, left)} more processes, and ${services} services may need ${needed}`;
  return [{ code: 'limit-processes', severity: 'warning', text, mend: `ulimit -u ${Number(soft) + needed}` }];
};

const countOwnProcesses = (): number => {
  const own = process.getuid?.() ?? -1;
  return namesIn('/proc').filter(
    (name) => /^\d+$/.test(name) && new RegExp(`^Uid:\\s+${own}\\s`, 'm').test(read(`/proc/${name}/status`) ?? ''),
  ).length;
};

/** Logs and files are followed by inotify; where it says no, they are asked for instead, which costs more. */
const checkWatches = (): readonly Finding[] => {
  const findings: Finding[] = [];
  const limits = { max_user_watches: 8192, max_user_instances: 64 } as const;
  for (const [name, least] of Object.entries(limits)) {
    const value = Number(read(`/proc/sys/fs/inotify/${name}`) ?? Number.NaN);
    if (Number.isNaN(value) || value >= least) continue;
    const text = `fs.inotify.${name} is ${value}: files beyond that are polled, which costs more`;
    findings.push({ code: 'limit-inotify', severity: 'note', text, mend: `sudo sysctl fs.inotify.${name}=${least * 8}` });
  }
  return findings;
};

const read = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Not on this system, or gone since it was listed.
    return null;
  }
};

const namesIn = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};
