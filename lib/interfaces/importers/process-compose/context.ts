import type { Ledger } from '../ledger.ts';
import type { MapTree, Spot } from '../tree.ts';

export type ProcessContext = {
  readonly ledger: Ledger;
  readonly text: (text: string, spot: Spot) => string;
  readonly names: ReadonlyMap<string, string>;
  readonly processes: ReadonlyMap<string, MapTree>;
  readonly out: string;
};
