import { own } from '../util/own.ts';
import { type Blame, toBlame } from './blame.ts';
import { type SegmentKind, toWholePath } from './critical-path.ts';
import type { RunRecord } from './history.ts';
import type { PlanGraph } from './plan.ts';
import { toReplay, toSlack } from './replay.ts';
import type { Ms, ServiceName, Stack } from './service.ts';

/** One boot, taken apart. */
export type RunView = {
  readonly run: RunRecord;
  /** In whole milliseconds. */
  readonly total: Ms;
  /** First to last. From here to there, without gaps: in whole milliseconds the links add up to the wall time. */
  readonly chain: readonly ChainLink[];
  readonly blame: readonly Blame[];
  /** Off the critical path, least first: how much later each could have been without the whole taking longer. Null: for ever. */
  readonly slack: readonly { readonly service: ServiceName; readonly slack: Ms | null }[];
};

export type ChainLink = {
  /** Null: muster itself. */
  readonly service: ServiceName | null;
  readonly from: Ms;
  readonly to: Ms;
  /** In the order in which they happened. */
  readonly parts: readonly { readonly kind: SegmentKind; readonly ms: Ms }[];
};

export const toRunView = (run: RunRecord, stack: Stack, graph: PlanGraph): RunView => {
  const path = toWholePath(run);
  const chain: ChainLink[] = [];
  for (const { service, kind, from, to } of path.segments) {
    const last = chain.at(-1);
    const part = { kind, ms: to - from };
    if (last === undefined || last.service !== service) chain.push({ service, from, to, parts: [part] });
    else chain[chain.length - 1] = { ...last, to, parts: [...last.parts, part] };
  }
  const onPath = new Set(path.chain);
  const slack = [...toSlack(toReplay(run, stack, graph))]
    .filter(([name]) => !onPath.has(name) && (own(run.services, name)?.attempts.length ?? 0) > 0)
    .sort(([, a], [, b]) => a - b)
    .map(([service, ms]) => ({ service, slack: Number.isFinite(ms) ? ms : null }));
  return { run, total: path.total, chain, blame: toBlame(run, path), slack };
};
