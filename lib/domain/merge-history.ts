import { own } from '../util/own.ts';
import type { FoldedRuns, FoldedService, History, RunRecord } from './history.ts';
import { mergeFoldedServices } from './sketch.ts';

/**
 * Both histories in one: of two branches, of a team, of a CI's cache. What both have is there once; the order of the two does not
 * matter, and merging again changes nothing. Runs are told apart by their uid and put in the order of their dates; their ids are
 * given anew where they would collide, and never become smaller. Not within the limits: whoever saves it folds it.
 */
export const mergeHistories = (a: History, b: History): History => {
  const past = mergePast(a, b);
  const isFolded = new Set(past.foldedRuns?.uids);
  const runs = new Map<string, RunRecord>();
  for (const run of [...a.runs, ...b.runs]) {
    if (isFolded.has(run.uid)) continue;
    const known = runs.get(run.uid);
    runs.set(run.uid, known === undefined ? run : pickFuller(known, run));
  }
  let last = 0;
  const numbered = [...runs.values()].sort(byDate).map((run) => {
    last = Math.max(last + 1, run.id);
    return run.id === last ? run : { ...run, id: last };
  });
  return { runs: numbered, ...past };
};

/** How many runs of the second are not in the first, neither whole nor folded. */
export const countNew = (history: History, other: History): number => {
  const known = new Set([...history.runs.map(({ uid }) => uid), ...(history.foldedRuns?.uids ?? [])]);
  return other.runs.filter(({ uid }) => !known.has(uid)).length;
};

const byDate = (a: RunRecord, b: RunRecord): number => a.startedAt - b.startedAt || (a.uid < b.uid ? -1 : 1);

/** One run in two files: in one of them it may not have been stopped yet. Else only its number can differ, and the higher one stays. */
const pickFuller = (a: RunRecord, b: RunRecord): RunRecord => {
  const id = Math.max(a.id, b.id);
  const fuller = a.stop === null && b.stop !== null ? b : a.stop !== null && b.stop === null ? a : a.id >= b.id ? a : b;
  return fuller.id === id ? fuller : { ...fuller, id };
};

type Past = Pick<History, 'folded' | 'foldedRuns'>;

/**
 * What was folded cannot be taken apart again. Two that have a folded run in common come from one history: the one that knows more
 * stays, and a few runs that only the other had folded are lost, where adding them would count all others twice. Two that have
 * none in common are added up.
 */
const mergePast = (a: Past, b: Past): Past => {
  if (isEmpty(b)) return toPast(a);
  if (isEmpty(a)) return toPast(b);
  const uids = new Set(a.foldedRuns?.uids);
  const [ofA, ofB] = [a.foldedRuns, b.foldedRuns];
  const areStrangers = ofA !== undefined && ofB !== undefined && !ofB.uids.some((uid) => uids.has(uid));
  if (!areStrangers) return toPast(pickLarger(a, b));
  return { folded: addFolded(a.folded, b.folded), foldedRuns: addRuns(ofA, ofB) };
};

const isEmpty = ({ folded, foldedRuns }: Past): boolean => Object.keys(folded).length === 0 && foldedRuns === undefined;

const toPast = ({ folded, foldedRuns }: Past): Past => (foldedRuns === undefined ? { folded } : { folded, foldedRuns });

const pickLarger = (a: Past, b: Past): Past => {
  const weigh = ({ folded, foldedRuns }: Past): number =>
    (foldedRuns?.count ?? 0) + Object.values(folded).reduce((sum, { boots }) => sum + boots, 0);
  const difference = weigh(a) - weigh(b);
  if (difference !== 0) return difference > 0 ? a : b;
  // The same by size: the texts decide, so that the order of the two does not.
  return JSON.stringify(toPast(a)) >= JSON.stringify(toPast(b)) ? a : b;
};

const addFolded = (
  a: Readonly<Record<string, FoldedService>>,
  b: Readonly<Record<string, FoldedService>>,
): Record<string, FoldedService> => {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  return Object.fromEntries(
    names.flatMap((name) => {
      const [one, other] = [own(a, name), own(b, name)];
      if (one === undefined || other === undefined)
        return [one, other].flatMap((only) => (only === undefined ? [] : [[name, only]]));
      return [[name, mergeFoldedServices(one, other)]];
    }),
  );
};

const addRuns = (a: FoldedRuns, b: FoldedRuns): FoldedRuns => ({
  count: a.count + b.count,
  uids: [...new Set([...a.uids, ...b.uids])].sort(),
});
