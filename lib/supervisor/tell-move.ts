import { addressUsersOf } from '../domain/address-users.ts';
import type { BoundPort } from '../domain/process.ts';
import type { Service } from '../domain/service.ts';
import { processOf } from '../domain/state.ts';
import type { EffectsOptions } from './effects.ts';

export type Move = { readonly before: readonly BoundPort[]; readonly after: readonly BoundPort[] };

/** Others that run were told the old address, and cannot be told another: who they are, and what helps. */
export const tellMove = (
  { stack, recordOf, onProblem }: Pick<EffectsOptions, 'stack' | 'recordOf' | 'onProblem'>,
  { name, ports: own, portConflict }: Service,
  { before, after }: Move,
): void => {
  const moved = after.filter((bound) => before.some((old) => old.name === bound.name && old.port !== bound.port));
  if (moved.length === 0) return;
  const users = addressUsersOf(stack.services, name).filter((user) => processOf(recordOf(user).state) !== null);
  // Where it is by the file's own word, and nobody was told otherwise, that is no news.
  const isFixed = (bound: BoundPort): boolean =>
    portConflict !== 'next' && own.some((port) => port.name === bound.name && port.wanted === bound.port);
  if (users.length === 0 && moved.every(isFixed)) return;
  const told =
    users.length === 0
      ? ''
      : `; ${users.join(', ')} had the old address, and ${users.length === 1 ? 'learns' : 'learn'} the new one by a restart`;
  onProblem(name, `moved to port ${moved.map(({ port }) => port).join(', ')}${told}`);
};
