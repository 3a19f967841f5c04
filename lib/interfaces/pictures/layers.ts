/** Where the boxes of a graph stand: in layers, from those that need nobody on. Own code, as it is 80 lines and the package 50 kB. */

export type Node = { readonly name: string; readonly layer: number };
export type Link = { readonly from: string; readonly to: string };

export type Placed = {
  /** Names of each layer from top to bottom. Null: the place of a line that passes by. */
  readonly layers: readonly (readonly Slot[])[];
};

export type Slot = { readonly key: string; readonly name: string | null };

const sweeps = 12;

/**
 * Lines over several layers get a place in each, so that they pass between the boxes; then each layer is sorted by the middle of its
 * neighbours', to and fro (Sugiyama's method, with barycentres). The order with the fewest crossings is kept.
 */
export const toLayers = (
  nodes: readonly Node[],
  links: readonly Link[],
): Placed & { readonly pathOf: (link: Link) => readonly string[] } => {
  const layerOf = new Map(nodes.map(({ name, layer }) => [name, layer]));
  const count = Math.max(0, ...nodes.map(({ layer }) => layer)) + 1;
  let layers: Slot[][] = Array.from({ length: nodes.length === 0 ? 0 : count }, (_, layer) =>
    nodes.filter((node) => node.layer === layer).map(({ name }) => ({ key: `n:${name}`, name })),
  );
  const paths = new Map<string, readonly string[]>();
  const before = new Map<string, string[]>();
  const after = new Map<string, string[]>();
  for (const { from, to } of links) {
    const path = [`n:${from}`];
    for (let layer = (layerOf.get(from) ?? 0) + 1; layer < (layerOf.get(to) ?? 0); layer += 1) {
      const key = `l:${JSON.stringify([from, to])}:${layer}`;
      layers[layer]?.push({ key, name: null });
      path.push(key);
    }
    path.push(`n:${to}`);
    paths.set(JSON.stringify([from, to]), path);
    for (const [index, key] of path.entries()) {
      const next = path[index + 1];
      if (next === undefined) continue;
      after.set(key, [...(after.get(key) ?? []), next]);
      before.set(next, [...(before.get(next) ?? []), key]);
    }
  }
  let best = { layers, crossings: countCrossings(layers, after) };
  for (let sweep = 0; sweep < sweeps && best.crossings > 0; sweep += 1) {
    layers = sweepOnce(layers, sweep % 2 === 0 ? before : after, sweep % 2 === 0);
    const crossings = countCrossings(layers, after);
    if (crossings < best.crossings) best = { layers, crossings };
  }
  return { layers: best.layers, pathOf: ({ from, to }) => paths.get(JSON.stringify([from, to])) ?? [] };
};

type Neighbours = ReadonlyMap<string, readonly string[]>;

const sweepOnce = (layers: readonly (readonly Slot[])[], neighbours: Neighbours, isForward: boolean): Slot[][] => {
  const sorted = layers.map((layer) => [...layer]);
  const order = isForward ? [...sorted.keys()] : [...sorted.keys()].reverse();
  for (const index of order) {
    const fixed = new Map((sorted[isForward ? index - 1 : index + 1] ?? []).map(({ key }, place) => [key, place]));
    const layer = sorted[index] ?? [];
    const middles = layer.map(({ key }, place) => {
      const places = (neighbours.get(key) ?? []).flatMap((other) => fixed.get(other) ?? []);
      return places.length === 0 ? place : places.reduce((sum, one) => sum + one, 0) / places.length;
    });
    const places = [...layer.keys()].sort((a, b) => (middles[a] ?? 0) - (middles[b] ?? 0) || a - b);
    sorted[index] = places.flatMap((place) => layer[place] ?? []);
  }
  return sorted;
};

const countCrossings = (layers: readonly (readonly Slot[])[], after: Neighbours): number => {
  let crossings = 0;
  for (const [index, layer] of layers.entries()) {
    const placeOf = new Map((layers[index + 1] ?? []).map(({ key }, place) => [key, place]));
    const ends = layer.flatMap(({ key }) => (after.get(key) ?? []).map((next) => placeOf.get(next) ?? 0).sort((a, b) => a - b));
    for (let a = 0; a < ends.length; a += 1)
      for (let b = a + 1; b < ends.length; b += 1) if ((ends[a] ?? 0) > (ends[b] ?? 0)) crossings += 1;
  }
  return crossings;
};
