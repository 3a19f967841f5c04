import { readLastBoot, tellLastBoot, tellLastLog } from '../last-boot.ts';
import type { Check, DoctorFacts, Finding } from './finding.ts';

/** What is not as it should be in a stack that runs; where none does, what kept the last one from coming up. */
export const checkServices: Check = (facts) => {
  const { supervision } = facts;
  if (supervision.kind === 'running') return toUnwell(supervision.snapshot, facts);
  return supervision.kind === 'none' ? toLastBoot(facts) : [];
};

type Running = Extract<DoctorFacts['supervision'], { kind: 'running' }>['snapshot'];

const toUnwell = ({ services, outcome }: Running, { toType }: DoctorFacts): readonly Finding[] => {
  const roots = new Set([
    ...outcome.causes.map(({ name }) => name),
    ...services.filter(({ state }) => state === 'unhealthy' || state === 'failed').map(({ name }) => name),
  ]);
  return services.flatMap(({ name, state, reason, optional }): Finding[] => {
    if (!roots.has(name)) return [];
    const text = `${name}${optional ? ' (optional)' : ''} ${state === 'failed' ? 'has' : 'is'} ${state}${reason === null ? '' : `: ${reason}`}`;
    return [{ code: 'service-unwell', severity: 'warning', text, mend: toType(['why', name]), service: name }];
  });
};

const toLastBoot = async ({ root, cwd, stack, toType }: DoctorFacts): Promise<readonly Finding[]> => {
  const boot = await readLastBoot({ root, cwd, stack });
  if (boot === null) return [];
  const [first] = boot.failed;
  const text = `${tellLastBoot(boot)}${tellLastLog(boot)}`;
  const mend = first === undefined || boot.log === null ? toType(['up']) : toType(['logs', first.name]);
  return [{ code: 'last-boot-failed', severity: 'warning', text, mend, ...(first === undefined ? {} : { service: first.name }) }];
};
