import type { RootCause } from '../../../domain/outcome.ts';
import type { ServiceName } from '../../../domain/service.ts';
import type { StackSnapshot } from '../../../domain/snapshot.ts';
import { exitCodeOfDone } from '../render/actions.ts';

export type Named = {
  readonly before: StackSnapshot;
  readonly after: StackSnapshot;
  /** Those that were asked for, and what they need. */
  readonly names: readonly ServiceName[];
  readonly strict: boolean;
};

export type Judgement = { readonly code: 0 | 1 | 3 | 4 | 6; readonly causes: readonly RootCause[] };

/** What a start of some services came to. What else of the stack had failed is nothing to them. */
export const judgeNamed = ({ before, after, names, strict }: Named): Judgement => {
  const chosen = new Set(names);
  const isOurs = (name: ServiceName | undefined): boolean => name !== undefined && chosen.has(name);
  const { causes: all, unwell = [] } = after.outcome;
  const causes = all.filter(({ name, skipped }) => isOurs(name) || skipped.some(([service]) => isOurs(service)));
  const code = exitCodeOfDone({ kind: 'start', before, after, names, took: 0 });
  const isDegraded = causes.length > 0 || unwell.some(isOurs);
  return { code: code === 0 && strict && isDegraded ? 6 : code, causes };
};
