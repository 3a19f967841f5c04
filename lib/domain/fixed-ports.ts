import type { BoundPort } from './process.ts';
import type { Service } from './service.ts';

/** The ports that the file says; `auto`, which is chosen at each start, says none. */
export const fixedPorts = ({ ports }: Pick<Service, 'ports'>): readonly BoundPort[] =>
  ports.flatMap(({ name, wanted }) => (wanted === null ? [] : [{ name, port: wanted }]));
