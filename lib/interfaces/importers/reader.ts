import type { Ledger } from './ledger.ts';
import { type Entry, isNothing, type ListTree, type MapTree, type Spot, scalarText, type Tree } from './tree.ts';

/**
 * One map of a file, read key by key. Whoever asks for a key answers for it: it is carried over, or told as lost. `finish` tells
 * all keys that nobody asked for, so that none is dropped in silence.
 */
export type MapReader = {
  readonly spot: Spot;
  readonly entry: (key: string) => Entry | null;
  /** Text, number or truth value as text. Anything else is told as lost. */
  readonly text: (key: string) => string | null;
  readonly flag: (key: string) => boolean | null;
  readonly number: (key: string) => number | null;
  /** A whole number within these bounds. Anything else is told as lost. */
  readonly whole: (key: string, least: number, most?: number) => number | null;
  /** A list of texts; a single one is a list of one. */
  readonly texts: (key: string) => readonly TextItem[];
  readonly map: (key: string) => MapReader | null;
  readonly list: (key: string) => readonly Tree[];
  readonly lose: (key: string, why: string) => void;
  readonly note: (key: string, text: string) => void;
  readonly keys: () => readonly string[];
  readonly finish: (reasons: Reasons) => void;
};

export type TextItem = { readonly text: string; readonly spot: Spot };

/** Why a key is not carried over, by its name. */
export type Reasons = { readonly [key: string]: string };

const unknownReason = 'services.yaml has no such setting';

export const createReader = (tree: MapTree, ledger: Ledger): MapReader => {
  const byKey = new Map<string, Entry>();
  for (const entry of tree.entries) {
    const earlier = byKey.get(entry.key);
    if (earlier !== undefined) ledger.lose(earlier, `it is given again in line ${entry.at.line}`);
    byKey.set(entry.key, entry);
  }
  const asked = new Set<string>();
  const entry = (key: string): Entry | null => {
    asked.add(key);
    const found = byKey.get(key) ?? null;
    if (found?.value.kind === 'opaque') {
      ledger.lose(found, found.value.why);
      return null;
    }
    return found;
  };
  const read = <T>(key: string, convert: (value: Tree) => T | null, wanted: string): T | null => {
    const found = entry(key);
    if (found === null || isNothing(found.value)) return null;
    const value = convert(found.value);
    if (value === null) ledger.lose(found, `it should be ${wanted}`);
    return value;
  };
  const list = (key: string): readonly Tree[] =>
    read(key, (value) => (value.kind === 'list' ? visible(value, ledger) : null), 'a list') ?? [];
  return {
    spot: tree,
    entry,
    text: (key) => read(key, scalarText, 'text'),
    flag: (key) => read(key, toFlag, 'true or false'),
    number: (key) => read(key, toNumber, 'a number'),
    whole: (key, least, most = Number.MAX_SAFE_INTEGER) =>
      read(
        key,
        (value) => {
          const number = toNumber(value);
          return number !== null && Number.isInteger(number) && number >= least && number <= most ? number : null;
        },
        `a whole number, ${most < Number.MAX_SAFE_INTEGER ? `${least} to ${most}` : `${least} or more`}`,
      ),
    texts: (key) => {
      const found = entry(key);
      if (found === null || isNothing(found.value)) return [];
      const items = found.value.kind === 'list' ? visible(found.value, ledger) : [found.value];
      return items.flatMap((item) => {
        const text = scalarText(item);
        if (text === null) ledger.lose(item, 'it should be text');
        return text === null ? [] : [{ text, spot: item }];
      });
    },
    map: (key) => {
      const found = read(key, (value) => (value.kind === 'map' ? value : null), 'a map');
      return found === null ? null : createReader(found, ledger);
    },
    list,
    lose: (key, why) => {
      const found = byKey.get(key);
      asked.add(key);
      if (found !== undefined) ledger.lose(found, why);
    },
    note: (key, text) => {
      const found = byKey.get(key);
      if (found !== undefined) ledger.note(found, text);
    },
    keys: () => [...byKey.keys()],
    finish: (reasons) => {
      for (const [key, found] of byKey) {
        if (asked.has(key)) continue;
        const why = Object.hasOwn(reasons, key) ? reasons[key] : undefined;
        const own = found.value.kind === 'opaque' ? found.value.why : null;
        const extension = key.startsWith('x-') ? 'what begins with "x-" is for other tools' : unknownReason;
        ledger.lose(found, why ?? own ?? extension);
      }
    },
  };
};

/** The items that are data. */
const visible = ({ items }: ListTree, ledger: Ledger): readonly Tree[] =>
  items.filter((item) => {
    if (item.kind === 'opaque') ledger.lose(item, item.why);
    return item.kind !== 'opaque';
  });

const toFlag = (tree: Tree): boolean | null => {
  const text = scalarText(tree)?.toLowerCase();
  if (text === 'true' || text === 'yes' || text === 'on') return true;
  return text === 'false' || text === 'no' || text === 'off' ? false : null;
};

const toNumber = (tree: Tree): number | null => {
  const text = scalarText(tree)?.trim();
  return text === undefined || text === '' || !Number.isFinite(Number(text)) ? null : Number(text);
};
