import type { History, RunRecord } from './history.ts';
import type { Service, ServiceName } from './service.ts';

/**
 * The history with today's names: what a service was called before it was renamed goes on under its new name. A service that no run
 * has seen is an earlier one, if exactly one that is gone had the very same definition at last; where two could be meant, nothing
 * is guessed. The same object if nothing was renamed.
 */
export const followRenames = (history: History, services: Iterable<Pick<Service, 'name' | 'definitionHash'>>): History => {
  const present = new Map([...services].map(({ name, definitionHash }) => [name, definitionHash]));
  const unseen = [...present].filter(([name]) => !isKnown(history, name));
  if (unseen.length === 0 || history.runs.length === 0) return history;
  const gone = lastDefinitions(history, present);
  const names = new Map<ServiceName, ServiceName>();
  for (const [name, hash] of unseen) {
    const candidates = gone.get(hash) ?? [];
    const rivals = unseen.filter(([, other]) => other === hash);
    const [before] = candidates;
    if (before !== undefined && candidates.length === 1 && rivals.length === 1) names.set(before, name);
  }
  return names.size === 0 ? history : rename(history, names);
};

const isKnown = ({ runs, folded }: History, name: ServiceName): boolean =>
  Object.hasOwn(folded, name) || runs.some(({ services }) => Object.hasOwn(services, name));

/** Names of services that are gone, by their last definition. */
const lastDefinitions = (
  { runs }: History,
  present: ReadonlyMap<ServiceName, string>,
): ReadonlyMap<string, readonly ServiceName[]> => {
  const last = new Map<ServiceName, string>();
  for (const { services } of runs) {
    for (const [name, { definitionHash }] of Object.entries(services)) if (!present.has(name)) last.set(name, definitionHash);
  }
  const byHash = new Map<string, ServiceName[]>();
  for (const [name, hash] of last) byHash.set(hash, [...(byHash.get(hash) ?? []), name]);
  return byHash;
};

const rename = (history: History, names: ReadonlyMap<ServiceName, ServiceName>): History => ({
  ...history,
  runs: history.runs.map((run) => renameIn(run, names)),
  folded: renameKeys(history.folded, names),
});

const renameIn = (run: RunRecord, names: ReadonlyMap<ServiceName, ServiceName>): RunRecord => {
  const stop = run.stop === null ? null : { ...run.stop, services: renameTimelines(run.stop.services, names) };
  return { ...run, services: renameTimelines(run.services, names), stop };
};

/** Those of a boot or of a stop. */
const renameTimelines = <T extends { readonly releasedBy: ServiceName | null }>(
  timelines: Readonly<Record<ServiceName, T>>,
  names: ReadonlyMap<ServiceName, ServiceName>,
): Record<ServiceName, T> => {
  const renamed = Object.entries(timelines).map(([name, timeline]): [ServiceName, T] => {
    const releasedBy = names.get(timeline.releasedBy ?? '');
    return [name, releasedBy === undefined ? timeline : { ...timeline, releasedBy }];
  });
  return renameKeys(Object.fromEntries(renamed), names);
};

const renameKeys = <T>(
  record: Readonly<Record<ServiceName, T>>,
  names: ReadonlyMap<ServiceName, ServiceName>,
): Record<ServiceName, T> => Object.fromEntries(Object.entries(record).map(([name, value]) => [names.get(name) ?? name, value]));
