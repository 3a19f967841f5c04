import type { Ledger } from '../ledger.ts';
import type { MapReader } from '../reader.ts';
import type { MapTree, Spot } from '../tree.ts';

export type ProcessContext = {
  readonly ledger: Ledger;
  readonly text: (text: string, spot: Spot) => string;
  /** A line that is run by a shell, which in process-compose is bash; null: there is none by this key. */
  readonly line: (map: MapReader, key: string) => string | readonly string[] | null;
  readonly names: ReadonlyMap<string, string>;
  readonly processes: ReadonlyMap<string, MapTree>;
  readonly out: string;
};
