import type { PortHolder } from '../../../domain/process.ts';
import type { Service } from '../../../domain/service.ts';
import { describeHolder } from '../../../domain/words.ts';
import { protectionOf, stopThere } from '../../../runtime/ports/advice.ts';
import { rootOfStack } from '../../../runtime/stack-note.ts';
import { toMoment } from '../../../util/local-time.ts';
import type { Check, DoctorFacts, Finding } from './finding.ts';

/** Who holds which port of the stack: the service itself is as it should be, everybody else is told. */
export const checkPorts: Check = async (facts) => {
  if (facts.stack === null) return [];
  const { sockets } = await facts.outside();
  const found = await Promise.all(
    [...facts.stack.services.values()].map(async (service) => {
      const wanted = service.ports.flatMap(({ wanted: port }) => port ?? []);
      const holders = wanted.length === 0 ? [] : await sockets.findHolders(wanted, service.host);
      return holders.flatMap((holder) => toFinding(facts, service, holder) ?? []);
    }),
  );
  return found.flat();
};

const toFinding = (facts: DoctorFacts, service: Service, holder: PortHolder): Finding | null => {
  const { marker, port } = holder;
  const { project, supervision, toType } = facts;
  const about = `port ${port} of ${service.name}`;
  const who = describeHolder({ ...holder, marker: null }, toMoment);
  const common = { service: service.name, code: 'port-held' };
  if (marker?.project === project) {
    const isOwn = supervision.kind === 'running' && marker.service === service.name;
    if (isOwn) return null;
    if (supervision.kind === 'running') {
      const text = `${about} is held by ${marker.service} of this very stack: ${who}`;
      return { ...common, severity: 'error', text, mend: `give one of them another port in ${facts.stack?.file ?? 'the file'}` };
    }
    const isReclaimed = service.portConflict !== 'fail';
    const text = `${about} is held by what an earlier run left: ${who}`;
    const mend = `${toType(['recover'])} (or ${toType(['down'])} to end it)`;
    const pid = holder.process === null ? {} : { pid: holder.process.pid };
    return { ...common, severity: isReclaimed ? 'warning' : 'error', text, mend, ...pid };
  }
  const severity = service.portConflict === 'next' ? 'note' : 'error';
  if (marker !== null) {
    const text = `${about} is held by service ${marker.service} of ${tellProject(marker.project, facts)}: ${who}`;
    return { ...common, severity, text, mend: severity === 'note' ? null : `stop it there: ${tellStop(marker.project, facts)}` };
  }
  const text = `${about} is held by a stranger: ${who}`;
  if (severity === 'note') return { ...common, severity, text: `${text}; the next free port will be taken`, mend: null };
  const protection = protectionOf(holder);
  if (protection !== null) return { ...common, severity, text, mend: protection };
  const mend =
    holder.process === null ? `sudo ss -ltnp 'sport = :${port}'` : `kill ${holder.process.pid} (or ${toType(['up', '--force'])})`;
  return { ...common, severity, text, mend };
};

const rootOf = (project: string, { env }: DoctorFacts): string | null => rootOfStack(project, env);

const tellProject = (project: string, facts: DoctorFacts): string => {
  const root = rootOf(project, facts);
  return root === null ? `another project (${project})` : `the project in ${root}`;
};

const tellStop = (project: string, facts: DoctorFacts): string => {
  const root = rootOf(project, facts);
  return root === null ? 'muster ls' : stopThere(root);
};
