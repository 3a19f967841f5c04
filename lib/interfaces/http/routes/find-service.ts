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

/** The service of this very name; else what to say. */
export const findService = ({ services }: StackSnapshot, name: string): ServiceSnapshot | HttpProblem =>
  services.find((service) => service.name === name) ??
  unknownService(
    name,
    didYouMean(
      name,
      services.map((service) => service.name),
    ),
  );

export const isProblem = (found: object): found is HttpProblem => 'status' in found && 'hint' in found;
