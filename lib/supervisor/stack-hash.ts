import { createHash } from 'node:crypto';
import type { Stack } from '../domain/service.ts';

/** Equal for the same definitions, in whatever order they stand in the file. */
export const hashOfStack = ({ services }: Stack): string => {
  const lines = [...services.values()].map(({ name, definitionHash }) => `${name}=${definitionHash}`).sort();
  return createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16);
};

/**
 * Equal while the file says the same about everything that muster itself acts upon, and no process has to be restarted for:
 * restart policies, hooks, what is watched, who is told, limits. A digest, since webhooks have secrets.
 */
export const hashOfSettings = (stack: Stack): string => {
  const { maxParallel, bootTimeout, shutdownDeadline, clean, hooks, notify } = stack;
  const services = [...stack.services.values()]
    // JSON leaves out what is undefined; to take it out of a copy would make a hash table of 2.5 kB of each.
    .map((service) => ({ ...service, definitionHash: undefined, env: undefined }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const settings = [maxParallel, bootTimeout, shutdownDeadline, clean, hooks, notify, services];
  return createHash('sha256').update(JSON.stringify(settings)).digest('hex').slice(0, 16);
};
