import type { Path } from '../../domain/issue.ts';

/** Where something stands; `folder` is the real path that relative paths of its file start from. */
export type Place = { readonly file: string; readonly folder: string; readonly line: number; readonly column: number };

/** Something with a name in the file: what losses and notes are about. */
export type Spot = { readonly at: Place; readonly path: Path };

export type Entry = Spot & { readonly key: string; readonly value: Tree };

export type MapTree = Spot & { readonly kind: 'map'; readonly entries: readonly Entry[]; readonly tag: string | null };
export type ListTree = Spot & { readonly kind: 'list'; readonly items: readonly Tree[]; readonly tag: string | null };
export type ScalarTree = Spot & {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  /** As it is written: `1.10`, where the value is 1.1. */
  readonly source: string;
  readonly tag: string | null;
};
/** What is no plain data: code, an alias that leads nowhere. `why` says so, for a loss. */
export type OpaqueTree = Spot & { readonly kind: 'opaque'; readonly why: string; readonly tag: null };

/** A file of any format as data in which every value knows its place. */
export type Tree = MapTree | ListTree | ScalarTree | OpaqueTree;

export const findEntry = (tree: Tree, key: string): Entry | null =>
  tree.kind === 'map' ? (tree.entries.find((entry) => entry.key === key) ?? null) : null;

/** What a scalar says as text, numbers and truth values as they are written; null: it says nothing, or is none. */
export const scalarText = (tree: Tree): string | null => {
  if (tree.kind !== 'scalar' || tree.value === null) return null;
  return typeof tree.value === 'string' ? tree.value : tree.source;
};

export const isNothing = (tree: Tree): boolean => tree.kind === 'scalar' && tree.value === null;

/** `services.web.ports`. */
export const keyOf = ({ path }: Spot): string => path.map(String).join('.');

export const textTree = (spot: Spot, value: string): ScalarTree => ({
  ...spotOf(spot),
  kind: 'scalar',
  value,
  source: value,
  tag: null,
});

const spotOf = ({ at, path }: Spot): Spot => ({ at, path });
