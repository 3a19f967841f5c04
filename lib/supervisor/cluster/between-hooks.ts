import type { Adoption } from '../../domain/events.ts';
import type { ServiceName } from '../../domain/service.ts';
import { type BootOptions, type BootResult, boot } from '../boot.ts';
import type { StackHooks } from '../stack-hooks.ts';

export type Between = {
  /** Null: none is to run. */
  readonly hooks: StackHooks | null;
  /** Looks at what stands there as it should, which needs no boot. */
  readonly findStanding: () => Promise<ReadonlyMap<ServiceName, Adoption>>;
};

export type BetweenHooks = BootResult & { readonly standing: ReadonlySet<ServiceName> };

/**
 * A boot between the hooks of its stack, as on this machine; and none of them runs where everything stands there already as it should.
 * Nothing is applied before `before_up` has done what it should.
 */
export const bootBetweenHooks = async (
  { hooks, findStanding }: Between,
  options: Omit<BootOptions, 'adoptions'>,
): Promise<BetweenHooks> => {
  const { names, interrupted } = options;
  const standing = await findStanding();
  const from = async (adoptions: ReadonlyMap<ServiceName, Adoption>): Promise<BetweenHooks> => ({
    ...(await boot({ ...options, adoptions })),
    standing: new Set(adoptions.keys()),
  });
  const isThere = names.length > 0 && names.every((name) => standing.has(name));
  if (hooks === null || isThere) return await from(standing);
  const refused = await hooks.run('before_up', interrupted);
  if (refused !== null) {
    const { run, outcome } = await boot({ ...options, names: [] });
    const verdict = 'failed';
    return { run: { ...run, outcome: verdict }, outcome: { ...outcome, verdict }, refused, standing: new Set(standing.keys()) };
  }
  // The hook may have changed what is there, and it may have taken its time.
  const result = await from(hooks.has('before_up') ? await findStanding() : standing);
  const { outcome } = result.run;
  if (outcome === 'up' || outcome === 'degraded') await hooks.run('after_up', interrupted);
  return result;
};
