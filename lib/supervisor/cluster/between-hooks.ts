import { type BootOptions, type BootResult, boot } from '../boot.ts';
import type { StackHooks } from '../stack-hooks.ts';

/**
 * A boot between the hooks of its stack, as on this machine. `hooks` is null where none is to run; and none does where everything stands
 * there already as it should.
 */
export const bootBetweenHooks = async (hooks: StackHooks | null, options: BootOptions): Promise<BootResult> => {
  const { adoptions, names, interrupted } = options;
  const isThere = names.length > 0 && names.every((name) => adoptions?.has(name) === true);
  if (hooks === null || isThere) return await boot(options);
  const refused = await hooks.run('before_up', interrupted);
  if (refused !== null) {
    const { run, outcome } = await boot({ ...options, names: [] });
    return { run: { ...run, outcome: 'failed' }, outcome: { ...outcome, verdict: 'failed' }, refused };
  }
  const result = await boot(options);
  const { outcome } = result.run;
  if (outcome === 'up' || outcome === 'degraded') await hooks.run('after_up', interrupted);
  return result;
};
