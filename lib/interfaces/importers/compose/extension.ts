import type { DraftValue } from '../draft.ts';
import type { Ledger } from '../ledger.ts';
import type { MapReader } from '../reader.ts';
import { scalarText, type Tree } from '../tree.ts';

/**
 * What `muster export compose` put beside Compose's own words: fields of `services.yaml`, in which Compose's `$$` stands for a `$`.
 */
export const readExtension = (map: MapReader, key: string, ledger: Ledger): Readonly<Record<string, DraftValue>> => {
  const entry = map.entry(key);
  if (entry === null) return {};
  const value = toValue(entry.value, ledger);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Readonly<Record<string, DraftValue>>;
  ledger.lose(entry, 'it should be a map of fields of services.yaml');
  return {};
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
