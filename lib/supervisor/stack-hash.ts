import { createHash } from 'node:crypto';
import type { Stack } from '../domain/service.ts';

/** Equal for the same definitions, in whatever order they stand in the file. */
export const hashOfStack = ({ services }: Stack): string => {
  const lines = [...services.values()].map(({ name, definitionHash }) => `${name}=${definitionHash}`).sort();
  return createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16);
};
