import type { Parsed } from '../util/duration.ts';
import type { RunRecord } from './history.ts';

/** How a person names a run: `41`, `last`, `last-2`, `-1` (the last one), `best`. */
export type RunRef =
  | { readonly kind: 'id'; readonly id: number }
  | { readonly kind: 'last'; readonly back: number }
  | { readonly kind: 'best' };

/** Null: it is not a name of a run at all. */
export const parseRunRef = (text: string): RunRef | null => {
  if (text === 'best') return { kind: 'best' };
  const [, back, negative, id] = /^(?:last(?:-(\d{1,6}))?|-(\d{1,6})|#?(\d{1,9}))$/.exec(text) ?? [];
  if (id !== undefined) return { kind: 'id', id: Number(id) };
  // Counted from the end as lists are in many languages: -1 is the last one.
  if (negative !== undefined) return Number(negative) === 0 ? null : { kind: 'last', back: Number(negative) - 1 };
  return text.startsWith('last') && /^last(-\d+)?$/.test(text) ? { kind: 'last', back: Number(back ?? 0) } : null;
};

export type RunChoice = {
  /** Oldest first. */
  readonly runs: readonly RunRecord[];
  /** Ids of the boots of the whole stack in which everything came up. */
  readonly whole: readonly number[];
};

export const findRun = (text: string, { runs, whole }: RunChoice): Parsed<RunRecord> => {
  const ref = parseRunRef(text);
  if (ref === null)
    return { ok: false, problem: `"${text}" names no run`, hint: 'write its number, last, last-1, -1 (the last one) or best' };
  const found = pick(ref, { runs, whole });
  if (found !== undefined) return { ok: true, value: found };
  const [first, last] = [runs[0], runs.at(-1)];
  const hint = first === undefined || last === undefined ? 'no boots are remembered' : `remembered are ${first.id} to ${last.id}`;
  return { ok: false, problem: ref.kind === 'best' ? 'no boot of the whole stack came up' : `there is no run ${text}`, hint };
};

const pick = (ref: RunRef, { runs, whole }: RunChoice): RunRecord | undefined => {
  switch (ref.kind) {
    case 'id':
      return runs.find(({ id }) => id === ref.id);
    case 'last':
      return runs.at(-1 - ref.back);
    case 'best': {
      const came = new Set(whole);
      return runs
        .filter(({ id }) => came.has(id))
        .reduce<RunRecord | undefined>(
          (best, run) => (best === undefined || run.duration < best.duration ? run : best),
          undefined,
        );
    }
  }
};
