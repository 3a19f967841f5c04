import type { Issue } from '../domain/issue.ts';
import { suggest } from '../domain/resolve/fields.ts';
import type { AddressUse } from './fill-in.ts';

/** A problem with a `${service.port}`; the finding's place is known already. */
export type AddressProblem<Use> = Pick<Issue, 'code' | 'message' | 'hint'> & { readonly use: Use };

export type AddressContext = {
  readonly names: ReadonlySet<string>;
  readonly hasPort: (name: string) => boolean;
  /** The service that an instance belongs to; of any other name, that name. */
  readonly ownerOf: (name: string) => string;
};

/** Addresses of services that do not exist or have none, and addresses where nothing fills them in. */
export const findAddressProblems = <Use extends AddressUse>(
  uses: readonly Use[],
  { names, hasPort, ownerOf }: AddressContext,
): AddressProblem<Use>[] =>
  uses.flatMap((use): AddressProblem<Use>[] => {
    const written = `\${${use.service}.${use.what}}`;
    if (!names.has(use.service)) {
      const hint = suggest(use.service, names) ?? 'name a service of this file';
      return [{ use, code: 'unknown-service', message: `"${written}" names no service`, hint }];
    }
    if (!isAllowed(use)) {
      const hint = 'use it in command, env, probes, hooks and the stop command';
      return [{ use, code: 'variable-syntax', message: `"${written}" cannot stand here`, hint }];
    }
    if (use.what !== 'host' && !hasPort(use.service)) {
      return [
        {
          use,
          code: 'invalid-value',
          message: `"${written}": service "${use.service}" has no port`,
          hint: `add "port" to "${ownerOf(use.service)}"`,
        },
      ];
    }
    return [];
  });

/** They are filled in when a service is spawned or probed, so what is decided before that cannot hold one. */
const isAllowed = ({ path }: AddressUse): boolean => {
  const [top] = path;
  if (top === 'env' || top === 'hooks') return true;
  const [field, inner] = path.slice(top === 'defaults' ? 1 : 2).map(String);
  if (field === undefined) return false;
  if (['command', 'env', 'health_url', 'hooks'].includes(field)) return true;
  if (field === 'stop') return inner === 'command';
  if (field === 'health' || field === 'ready') return ['http', 'tcp', 'exec', 'headers', 'file'].includes(inner ?? '');
  return field === 'healthcheck' && inner === 'test';
};
