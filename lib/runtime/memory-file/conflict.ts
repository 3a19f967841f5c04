import type { History } from '../../domain/history.ts';
import { mergeHistories } from '../../domain/merge-history.ts';
import { decodeHistory } from './decode.ts';
import { isObject } from './shape.ts';

/**
 * Two branches, or two members of a team, have both a memory, and git has put both into one file with its marks between them. Each
 * mark stands at the beginning of a line; in the styles `diff3` and `zdiff3` the common ancestor stands in the middle.
 */
const marks = { ours: /^<{7}(?: |$)/, base: /^\|{7}(?: |$)/, theirs: /^={7}$/, end: /^>{7}(?: |$)/ } as const;

/** Both sides' histories in one; null: there is no conflict in it, or nothing in it can be read. */
export const mergeConflict = (bytes: Buffer): History | null => {
  const sides = bytes.includes('<<<<<<<') ? splitConflict(bytes.toString('utf8')) : null;
  if (sides === null) return null;
  const [ours, theirs] = sides.map(readSide);
  if (ours === undefined || theirs === undefined) return null;
  return ours.runs.length + theirs.runs.length === 0 ? null : mergeHistories(ours, theirs);
};

/** Each side has its own checksum, of a text that git may have mixed since: every entry is checked for itself instead. */
const readSide = (text: string): History => {
  const document = parse(text);
  const history = isObject(document) ? document.history : { folded: {}, runs: salvageRuns(text) };
  return decodeHistory(history, []);
};

/** The text as each side had it; null: there is no conflict in it. */
const splitConflict = (text: string): readonly [ours: string, theirs: string] | null => {
  if (!/^<{7}(?: |\r?$)/m.test(text)) return null;
  const [ours, theirs]: [string[], string[]] = [[], []];
  let side: 'both' | 'ours' | 'base' | 'theirs' = 'both';
  for (const line of text.split('\n')) {
    const mark = line.replace(/\r$/, '');
    if (side === 'both' && marks.ours.test(mark)) side = 'ours';
    else if (side === 'ours' && marks.base.test(mark)) side = 'base';
    else if ((side === 'ours' || side === 'base') && marks.theirs.test(mark)) side = 'theirs';
    else if (side === 'theirs' && marks.end.test(mark)) side = 'both';
    else {
      if (side === 'both' || side === 'ours') ours.push(line);
      if (side === 'both' || side === 'theirs') theirs.push(line);
    }
  }
  return side === 'both' ? [ours.join('\n'), theirs.join('\n')] : null;
};

/**
 * The runs of a text that is no document any more: what git has merged by itself beside the conflicts can leave commas where none
 * belong. A run is one line, and a line that is whole is a run.
 */
const salvageRuns = (text: string): readonly unknown[] =>
  text.split('\n').flatMap((line) => {
    if (!line.startsWith('{"id":')) return [];
    const run = parse(line.replace(/,?\r?$/, ''));
    return run === undefined ? [] : [run];
  });

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    // The caller has another way, or says that it is damaged.
    return undefined;
  }
};
