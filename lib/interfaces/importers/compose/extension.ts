import type { DraftValue } from '../draft.ts';
import type { Ledger } from '../ledger.ts';
import { rebase } from '../paths.ts';
import type { MapReader } from '../reader.ts';
import { scalarText, type Tree } from '../tree.ts';

type Fields = Readonly<Record<string, DraftValue>>;

type Place = {
  readonly ledger: Ledger;
  /** The folder that the result will be in. */
  readonly out: string;
};

/**
 * What `muster export compose` put beside Compose's own words: fields of `services.yaml`, in which Compose's `$$` stands for a `$`.
 */
export const readExtension = (map: MapReader, key: string, { ledger, out }: Place): Fields => {
  const entry = map.entry(key);
  if (entry === null) return {};
  const value = toValue(entry.value, ledger);
  const move = (written: string): string => rebase(written, entry.at, out);
  if (isFields(value))
    return toRebased(value, (written) => (written.startsWith('!') ? `!${move(written.slice(1))}` : move(written)));
  ledger.lose(entry, 'it should be a map of fields of services.yaml');
  return {};
};

const isFields = (value: DraftValue | undefined): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Fields that are paths from the folder of the file, and where maps hold one. Those of `watch` and `inputs` start from `cwd`. */
const paths = new Set(['cwd', 'env_file', 'clean', 'build']);
const pathsInside: Fields = { build: 'context', log: 'file', ready: 'file' };

const toRebased = (fields: Fields, rebased: (written: string) => string): Fields => {
  const move = (value: DraftValue): DraftValue =>
    typeof value === 'string' ? rebased(value) : Array.isArray(value) ? value.map(move) : value;
  const moveInside = (value: Fields, inner: DraftValue | undefined): Fields =>
    Object.fromEntries(Object.entries(value).map(([key, item]) => [key, key === inner ? move(item) : item]));
  const entries = Object.entries(fields).map(([key, value]) => [
    key,
    isFields(value) ? moveInside(value, pathsInside[key]) : paths.has(key) ? move(value) : value,
  ]);
  return Object.fromEntries(entries) as Fields;
};

const toValue = (tree: Tree, ledger: Ledger): DraftValue => {
  if (tree.kind === 'map') return Object.fromEntries(tree.entries.map(({ key, value }) => [key, toValue(value, ledger)]));
  if (tree.kind === 'list') return tree.items.map((item) => toValue(item, ledger));
  if (tree.kind === 'opaque') {
    ledger.lose(tree, tree.why);
    return null;
  }
  return typeof tree.value === 'string' ? (scalarText(tree) ?? '').replaceAll('$$', '$') : tree.value;
};
