import type { Stack } from '../../../domain/service.ts';
import { createMask, type Mask } from '../../control/mask.ts';
import { fillSecrets, findReferences } from '../../exporters/stand-ins.ts';
import type { Loaded } from '../context.ts';
import type { Environment } from '../output.ts';

/** Takes known secrets out of what pods have written: those of the file, and those of the caller that it names. */
export const createClusterMask = ({ stack, secrets }: Pick<Loaded, 'stack' | 'secrets'>, env: Environment): Mask => {
  const services = new Map(
    [...stack.services].map(([name, service]) => {
      const own = Object.entries(service.env).map(([key, text]) => [
        key,
        typeof text === 'string' ? fillSecrets(text, env) : text,
      ]);
      const referred = findReferences(service).map((key) => [`${name} ${key}`, env[key] ?? '']);
      return [name, { ...service, env: Object.fromEntries([...own, ...referred]) as typeof service.env }];
    }),
  );
  const known = new Map(
    [...services].map(([name, service]) => {
      const referred = Object.keys(service.env).filter((key) => key.startsWith(`${name} `));
      return [name, new Set([...(secrets.get(name) ?? []), ...referred])];
    }),
  );
  return createMask({ ...stack, services } satisfies Stack, known);
};
