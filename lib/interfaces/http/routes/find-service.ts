import { findByName } from '../../../domain/replicas.ts';
import type { ServiceSnapshot, StackSnapshot } from '../../../domain/snapshot.ts';
import { didYouMean } from '../../../util/did-you-mean.ts';
import type { HttpProblem } from '../problem.ts';

export const unknownService = (name: string, suggestion: string | null): HttpProblem => ({
  status: 404,
  code: 'unknown-service',
  message: `there is no service "${name}"`,
  hint: suggestion === null ? 'GET /api/v1/services lists them' : `did you mean "${suggestion}"?`,
  details: { name, suggestion },
});

/** The service of this very name; else what to say. A name of replicas is that of none of them: they are named. */
export const findService = ({ services }: StackSnapshot, name: string): ServiceSnapshot | HttpProblem => {
  const found = services.find((service) => service.name === name);
  if (found !== undefined) return found;
  const names = services.map((service) => service.name);
  const replicas = findByName(services, name);
  const unknown = unknownService(name, replicas.length === 0 ? didYouMean(name, names) : null);
  if (replicas.length === 0) return unknown;
  return { ...unknown, message: `"${name}" is the name of replicas`, hint: `ask for one of ${replicas.join(', ')}` };
};

export const isProblem = (found: object): found is HttpProblem => 'status' in found && 'hint' in found;
