import type { Issue } from '../domain/issue.ts';
import { hintAtName } from '../domain/name-hints.ts';
import { suggest } from '../domain/resolve/fields.ts';
import type { ServiceName } from '../domain/service.ts';

export type Selection = {
  readonly profiles: readonly string[];
  readonly only: readonly ServiceName[];
  /** What runs already: it takes part too, as far as the file still has it. */
  readonly also: readonly ServiceName[];
  readonly noDeps: boolean;
  readonly allProfiles: boolean;
};

/** What decides whether a service takes part. */
export type Candidate = { readonly profiles: readonly string[]; readonly needs: readonly ServiceName[] };

export type Active = {
  readonly names: ReadonlySet<ServiceName>;
  /** Those that take part even if they did not run. */
  readonly asked: ReadonlySet<ServiceName>;
  readonly issues: readonly Issue[];
};

/**
 * Which services take part: all without a profile, those of the profiles asked for, or, when services are named, these and
 * all that they need, whatever their profiles. Their profile's other members stay out.
 */
export const selectActive = (candidates: ReadonlyMap<ServiceName, Candidate>, selection: Selection): Active => {
  const { profiles, only, also, noDeps, allProfiles } = selection;
  const issues = [...unknownNames(candidates, only), ...unknownProfiles(candidates, profiles)];
  const named = only.filter((name) => candidates.has(name));
  const present = withNeeds(
    candidates,
    also.filter((name) => candidates.has(name)),
  );
  const toActive = (asked: Iterable<ServiceName>): Active => {
    const own = new Set(asked);
    return { names: new Set([...own, ...present]), asked: own, issues };
  };
  if (only.length > 0) return toActive(noDeps ? named : withNeeds(candidates, named));
  const isWanted = ({ profiles: own }: Candidate): boolean =>
    allProfiles || own.length === 0 || own.some((profile) => profiles.includes(profile));
  return toActive([...candidates].flatMap(([name, candidate]) => (isWanted(candidate) ? [name] : [])));
};

const withNeeds = (candidates: ReadonlyMap<ServiceName, Candidate>, names: readonly ServiceName[]): Set<ServiceName> => {
  const reached = new Set(names);
  // A set that grows while it is walked is walked to its new end.
  for (const name of reached) for (const need of candidates.get(name)?.needs ?? []) if (candidates.has(need)) reached.add(need);
  return reached;
};

const unknownNames = (candidates: ReadonlyMap<ServiceName, Candidate>, only: readonly ServiceName[]): Issue[] =>
  only
    .filter((name) => !candidates.has(name))
    .map((name) => {
      const hint = hintAtName(name) ?? suggest(name, candidates.keys()) ?? listNames(candidates.keys());
      return {
        severity: 'error',
        code: 'unknown-service',
        path: [],
        asked: true,
        message: `there is no service "${name}"`,
        hint,
      };
    });

const unknownProfiles = (candidates: ReadonlyMap<ServiceName, Candidate>, profiles: readonly string[]): Issue[] => {
  const known = new Set([...candidates.values()].flatMap((candidate) => candidate.profiles));
  return profiles
    .filter((profile) => !known.has(profile))
    .map((profile) => {
      const hint = suggest(profile, known) ?? (known.size === 0 ? 'remove --profile' : listNames(known));
      return {
        severity: 'error',
        code: 'unknown-profile',
        path: [],
        asked: true,
        message: `no service has the profile "${profile}"`,
        hint,
      };
    });
};

const listNames = (names: Iterable<string>): string | null => {
  const all = [...names];
  if (all.length === 0) return null;
  return `there ${all.length === 1 ? 'is' : 'are'} ${all.slice(0, 8).join(', ')}${all.length > 8 ? ', …' : ''}`;
};
