import { readFileSync } from 'node:fs';
import { findOrphans } from '../../../runtime/processes/orphans.ts';
import type { Check, DoctorFacts, Finding } from './finding.ts';

/** Processes that carry the project's marker and that nobody supervises; and whether all processes can be seen at all. */
export const checkProcesses: Check = async (facts) => [...(await tellOrphans(facts)), ...findHiddenProcesses()];

const tellOrphans = async ({ project, supervision, outside, toType }: DoctorFacts): Promise<readonly Finding[]> => {
  if (supervision.kind === 'other-version' || supervision.kind === 'silent') return [];
  const marked = await (await outside()).processes.findMarked(project);
  const orphans = supervision.kind === 'running' ? findOrphans(marked, await supervision.look()) : marked;
  return orphans.map(({ identity, marker, command }): Finding => {
    const text = `pid ${identity.pid} (${command}) is left over from service ${marker.service}, and nobody supervises it`;
    return { code: 'orphan', severity: 'warning', text, mend: toType(['recover']), service: marker.service, pid: identity.pid };
  });
};

/** With `hidepid` the system hides whose a port is, and with that who stands in the way. */
const findHiddenProcesses = (): readonly Finding[] => {
  if (process.platform !== 'linux') return [];
  const mount = readMounts().find((line) => / \/proc /.test(line)) ?? '';
  const level = /hidepid=(\w+)/.exec(mount)?.[1];
  if (level === undefined || level === '0' || level === 'off' || process.getuid?.() === 0) return [];
  const text = `/proc is mounted with hidepid=${level}: processes of other users that hold a port cannot be named`;
  return [{ code: 'proc-hidden', severity: 'note', text, mend: null }];
};

const readMounts = (): readonly string[] => {
  try {
    return readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  } catch {
    return [];
  }
};
