/**
 * A static look at a regular expression for the shapes that make a backtracking engine try exponentially many ways: a repeat
 * inside a repeat with nothing between that tells their turns apart (`(a+)+`, `(\w+\s?)*`), and alternatives that begin
 * alike inside a repeat (`(a|ab)*`). Three or more repeats of the same characters in a row are reported too: they cost
 * the cube of the line's length. Exact for neither side: patterns that it does not understand are taken to be harmless,
 * and whoever runs them still sets a limit.
 */
export const findSlowness = (source: string): 'exponential' | 'cubic' | null => {
  const reader = { source, at: 0, groups: 0 };
  const tree = parseAlternatives(reader);
  return isExponential(tree) ? 'exponential' : isCubic(tree) ? 'cubic' : null;
};

/** Characters by code up to 127; index 128 stands for all others. */
type Chars = readonly boolean[];
type Piece = { readonly item: Item; readonly min: number; readonly isUnbounded: boolean };
type Item =
  | { readonly kind: 'chars'; readonly chars: Chars }
  | { readonly kind: 'group'; readonly alternatives: Alternatives }
  | { readonly kind: 'empty' };
type Alternatives = readonly (readonly Piece[])[];
type Reader = { readonly source: string; at: number; groups: number };

const samples = [...Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)), '\u00e9'];
const any: Chars = samples.map(() => true);

const parseAlternatives = (reader: Reader): Alternatives => {
  const alternatives: Piece[][] = [[]];
  while (reader.at < reader.source.length && reader.source.charAt(reader.at) !== ')') {
    if (reader.source.charAt(reader.at) === '|') {
      alternatives.push([]);
      reader.at += 1;
    } else alternatives.at(-1)?.push(parsePiece(reader));
  }
  return alternatives;
};

const parsePiece = (reader: Reader): Piece => {
  const item = parseItem(reader);
  const [quantifier = '', low, comma] = /^(?:[*+?]|\{(\d+)(,)?\d*\})\??/.exec(reader.source.slice(reader.at)) ?? [];
  reader.at += quantifier.length;
  const first = quantifier.charAt(0);
  const isOpen = comma !== undefined && /,\}/.test(quantifier);
  // A repeat that may happen dozens of times is as bad as an endless one.
  const many = Number(/,(\d+)\}/.exec(quantifier)?.[1] ?? low ?? 0) > 20;
  const min = first === '*' || first === '?' ? 0 : first === '{' ? Number(low) : 1;
  return { item, min, isUnbounded: first === '*' || first === '+' || isOpen || many };
};

const parseItem = (reader: Reader): Item => {
  const rest = reader.source.slice(reader.at);
  if (rest.startsWith('(')) {
    const [open = '('] = /^\((?:\?(?:[:=!]|<[=!]|<\w+>))?/.exec(rest) ?? [];
    reader.at += open.length;
    reader.groups += 1;
    const alternatives = parseAlternatives(reader);
    reader.at += 1;
    return /[=!]$/.test(open) ? { kind: 'empty' } : { kind: 'group', alternatives };
  }
  const [atom = rest.charAt(0)] = /^(?:\[\^?\]?(?:\\.|[^\]\\])*\]|\\(?:x[\da-f]{2}|u[\da-f]{4}|c[a-z]|[\s\S]))/i.exec(rest) ?? [];
  reader.at += Math.max(1, atom.length);
  if (atom === '^' || atom === '$' || /^\\[bB]$/.test(atom)) return { kind: 'empty' };
  if (/^\\[1-9k]/.test(atom)) return { kind: 'chars', chars: any };
  return { kind: 'chars', chars: toChars(atom) };
};

const toChars = (atom: string): Chars => {
  const test = new RegExp(`^${atom === '/' ? '\\/' : atom}$`);
  return samples.map((char) => test.test(char) || (atom === '.' && char !== '\n'));
};

const overlap = (a: Chars, b: Chars): boolean => a.some((has, index) => has && b[index] === true);
const union = (a: Chars, b: Chars): Chars => a.map((has, index) => has || b[index] === true);
const none: Chars = samples.map(() => false);

/** What a piece, or a row of pieces, may begin with. */
const firstOf = (item: Item): Chars =>
  item.kind === 'chars' ? item.chars : item.kind === 'empty' ? none : item.alternatives.map(firstOfRow).reduce(union, none);

const firstOfRow = (row: readonly Piece[]): Chars => {
  let chars = none;
  for (const piece of row) {
    chars = union(chars, firstOf(piece.item));
    if (piece.min > 0 && piece.item.kind !== 'empty' && !isEmptyable(piece.item)) break;
  }
  return chars;
};

const isEmptyable = (item: Item): boolean =>
  item.kind === 'empty' ||
  (item.kind === 'group' &&
    item.alternatives.some((row) => row.every(({ item: inner, min }) => min === 0 || isEmptyable(inner))));

/** All that a piece may hold. */
const allOf = (item: Item): Chars =>
  item.kind === 'chars'
    ? item.chars
    : item.kind === 'empty'
      ? none
      : item.alternatives
          .flat()
          .map((piece) => allOf(piece.item))
          .reduce(union, none);

const isExponential = (alternatives: Alternatives): boolean =>
  alternatives.flat().some(({ item, isUnbounded }) => {
    if (item.kind !== 'group') return false;
    if (isUnbounded && (hasLikeBeginnings(item.alternatives) || item.alternatives.some(isAmbiguousRow))) return true;
    return isExponential(item.alternatives);
  });

/** Two ways into the next round that begin with the same character. */
const hasLikeBeginnings = (alternatives: Alternatives): boolean => {
  const firsts = alternatives.map(firstOfRow);
  return firsts.some((first, index) => firsts.slice(index + 1).some((other) => overlap(first, other)));
};

/**
 * A row that is repeated and holds a repeat itself, where the row has no required part that the repeat could not have eaten:
 * such a part marks where one round ends, and without it a line can be cut into rounds in exponentially many ways.
 */
const isAmbiguousRow = (row: readonly Piece[]): boolean =>
  row.some((piece, index) => {
    if (!holdsRepeat(piece)) return false;
    const eaten = allOf(piece.item);
    const isSeparated = row.some(
      (other, at) =>
        at !== index &&
        other.min > 0 &&
        other.item.kind !== 'empty' &&
        !isEmptyable(other.item) &&
        !overlap(allOf(other.item), eaten),
    );
    return !isSeparated;
  });

const holdsRepeat = ({ item, isUnbounded }: Piece): boolean =>
  isUnbounded || (item.kind === 'group' && item.alternatives.some((row) => row.some(holdsRepeat)));

/** A letter that has to be there ends the run: in `.*listening.*on.*` few places are tried. */
const isMilestone = (chars: Chars): boolean => chars.some(Boolean) && chars.filter(Boolean).length <= 2;

const isCubic = (alternatives: Alternatives): boolean =>
  alternatives.some((row) => {
    let run: Chars[] = [];
    for (const { item, min, isUnbounded } of row) {
      const chars = allOf(item);
      if (isUnbounded) run = [...run.filter((other) => overlap(other, chars)), chars];
      else if (min > 0 && isMilestone(chars)) run = [];
      if (run.length >= 3) return true;
      if (item.kind === 'group' && isCubic(item.alternatives)) return true;
    }
    return false;
  });
