import { findByName } from '../../../domain/replicas.ts';
import type { ServiceName } from '../../../domain/service.ts';
import type { StackSnapshot } from '../../../domain/snapshot.ts';

export type Broken = { readonly toStart: readonly ServiceName[]; readonly toRestart: readonly ServiceName[] };

/** What is to be brought back under the supervisor that is there, of the named ones, or of all when empty. What was stopped by hand stays so. */
export const chooseBroken = ({ services, outcome }: StackSnapshot, named: readonly ServiceName[]): Broken => {
  const meant = new Set(named.flatMap((name) => findByName(services, name)));
  const isMeant = (name: ServiceName): boolean => named.length === 0 || meant.has(name);
  const lost = new Set(findLost(services));
  const failed = outcome.causes.filter(({ name, state }) => (state.kind !== 'stopped' || lost.has(name)) && isMeant(name));
  const chosen = new Set(failed.flatMap(({ name, skipped }) => [name, ...skipped.flatMap(([service]) => service ?? [])]));
  const isBroken = (name: ServiceName, state: string): boolean => lost.has(name) || state === 'backoff';
  const toStart = services.filter(({ name, state }) => chosen.has(name) || (isMeant(name) && isBroken(name, state)));
  const toRestart = services.filter(({ name, state }) => isMeant(name) && state === 'unhealthy');
  return { toStart: toStart.map(({ name }) => name), toRestart: toRestart.map(({ name }) => name) };
};

/** What is known of a service that may have been taken down with another one. */
export type MaybeLost = {
  readonly name: ServiceName;
  readonly state: string;
  /** The one whose end took it down; null or absent: it runs, or was stopped by hand. */
  readonly stoppedFor?: ServiceName | null;
};

/** Those that were taken down by the end of another one, unless that, or what had taken it down in turn, was stopped by hand. */
export const findLost = (services: Iterable<MaybeLost>): readonly ServiceName[] => {
  const byName = new Map([...services].map((service) => [service.name, service]));
  const isLost = ({ stoppedFor }: MaybeLost, seen: ReadonlySet<ServiceName>): boolean => {
    if (typeof stoppedFor !== 'string' || seen.has(stoppedFor)) return false;
    const on = byName.get(stoppedFor);
    return on?.state !== 'stopped' || isLost(on, new Set([...seen, stoppedFor]));
  };
  return [...byName.values()].filter((service) => isLost(service, new Set([service.name]))).map(({ name }) => name);
};
