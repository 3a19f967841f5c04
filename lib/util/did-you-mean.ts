/**
 * Edits between two words: insert, delete, replace, or swap two neighbours (optimal string alignment). Stops counting once
 * the answer is above `limit`, then answers `limit + 1`.
 */
export const editDistance = (a: string, b: string, limit: number): number => {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    let best = row;
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(at(previous, column) + 1, at(current, column - 1) + 1, at(previous, column - 1) + (same ? 0 : 1));
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        cost = Math.min(cost, at(beforePrevious, column - 2) + 1);
      }
      current.push(cost);
      best = Math.min(best, cost);
    }
    if (best > limit) return limit + 1;
    beforePrevious = previous;
    previous = current;
  }
  return at(previous, b.length);
};

/**
 * The candidate that somebody who wrote `word` most likely meant, or null. Spelling style never counts (`dependsOn` is
 * `depends_on`); up to two edits do, fewer for short words, because most short words are two edits apart. Of those that are
 * equally near, the one of the same letters, then the one that begins with what was written: `stauts` and `statu` are `status`, not
 * `stats`.
 */
export const didYouMean = (word: string, candidates: Iterable<string>): string | null => {
  const plain = simplify(word);
  const limit = plain.length <= 4 ? 1 : 2;
  let best: string | null = null;
  let bestDistance = limit + 1;
  for (const candidate of candidates) {
    if (candidate === word) continue;
    const simple = simplify(candidate);
    const distance = editDistance(plain, simple, bestDistance);
    const isLiker =
      distance === bestDistance &&
      distance <= limit &&
      best !== null &&
      likeness(simple, plain) > likeness(simplify(best), plain);
    if (distance < bestDistance || isLiker) {
      best = candidate;
      bestDistance = distance;
      if (distance === 0) break;
    }
  }
  return best;
};

const likeness = (candidate: string, word: string): number =>
  sorted(candidate) === sorted(word) ? 2 : candidate.startsWith(word) ? 1 : 0;

const sorted = (word: string): string => [...word].sort().join('');

/** Case and word separators taken away: `dependsOn`, `depends-on` and `depends_on` are one word. */
const simplify = (word: string): string => word.toLowerCase().replace(/[_\-\s]/g, '');

const at = (row: readonly number[], column: number): number => row[column] ?? 0;
