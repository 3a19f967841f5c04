import { toLayers } from '../../pictures/layers.ts';
import type { Edge, GraphAnswer } from './types.ts';

export type Box = { readonly name: string; readonly x: number; readonly y: number; readonly width: number };
export type Line = Edge & { readonly d: string };
export type Layout = {
  readonly boxes: readonly Box[];
  readonly lines: readonly Line[];
  readonly width: number;
  readonly height: number;
};

export const boxHeight = 34;
const rowStep = 46;
const passStep = 16;
const gap = 64;
const margin = 16;
const letter = 8.3;
const mostLetters = 24;

/** Cut in its middle: what replicas and their like differ in stands at the end. */
export const shorten = (name: string, most = mostLetters): string => {
  if (name.length <= most) return name;
  const tail = Math.min(10, Math.floor(most / 2));
  return `${name.slice(0, most - 1 - tail)}…${name.slice(-tail)}`;
};

/** From left to right in the order of the start: each service stands behind all that it needs. */
export const layOut = ({ services, edges }: GraphAnswer): Layout => {
  const nodes = services.map(({ name, depth }) => ({ name, layer: depth }));
  const { layers, pathOf } = toLayers(nodes, edges);
  const heights = layers.map((layer) => layer.reduce((sum, { name }) => sum + (name === null ? passStep : rowStep), 0));
  const tallest = Math.max(rowStep, ...heights);
  const places = new Map<string, { readonly x: number; readonly y: number; readonly width: number }>();
  const boxes: Box[] = [];
  let x = margin;
  for (const [index, layer] of layers.entries()) {
    const letters = Math.max(6, ...layer.map(({ name }) => (name === null ? 0 : Math.min(mostLetters, name.length))));
    const width = 44 + letter * letters;
    let y = margin + (tallest - (heights[index] ?? 0)) / 2;
    for (const { key, name } of layer) {
      const step = name === null ? passStep : rowStep;
      places.set(key, { x, y: y + step / 2, width });
      if (name !== null) boxes.push({ name, x, y: y + step / 2 - boxHeight / 2, width });
      y += step;
    }
    x += width + gap;
  }
  const lines = edges.map((edge) => ({ ...edge, d: draw(pathOf(edge).flatMap((key) => places.get(key) ?? [])) }));
  return { boxes, lines, width: x - gap + margin, height: tallest + 2 * margin };
};

type Place = { readonly x: number; readonly y: number; readonly width: number };

const draw = (places: readonly Place[]): string => {
  const [first] = places;
  if (first === undefined) return '';
  let [x, y] = [first.x + first.width, first.y];
  let d = `M${Math.round(x)} ${Math.round(y)}`;
  for (const [index, place] of places.entries()) {
    if (index === 0) continue;
    const isLast = index === places.length - 1;
    const middle = (x + place.x) / 2;
    const end = Math.round(isLast ? place.x - 5 : place.x);
    d += `C${Math.round(middle)} ${Math.round(y)} ${Math.round(middle)} ${Math.round(place.y)} ${end} ${Math.round(place.y)}`;
    [x, y] = [place.x, place.y];
    if (isLast) break;
    x += place.width;
    d += `H${Math.round(x)}`;
  }
  return d;
};

/** Only these, without room for what stood between them. */
export const only = ({ services, edges }: GraphAnswer, names: ReadonlySet<string>): GraphAnswer => {
  const kept = services.filter(({ name }) => names.has(name));
  const depths = [...new Set(kept.map(({ depth }) => depth))].sort((a, b) => a - b);
  return {
    services: kept.map((service) => ({ ...service, depth: depths.indexOf(service.depth) })),
    edges: edges.filter(({ from, to }) => names.has(from) && names.has(to)),
  };
};

/** Everything that it needs, and everything that needs it. */
export const relatives = ({ edges }: GraphAnswer, name: string): ReadonlySet<string> => {
  const found = new Set<string>([name]);
  const walk = (from: string, next: (each: string) => readonly string[]): void => {
    const queue = [from];
    for (let each = queue.pop(); each !== undefined; each = queue.pop()) {
      for (const other of next(each)) {
        if (found.has(other)) continue;
        found.add(other);
        queue.push(other);
      }
    }
  };
  const [up, down] = [new Map<string, string[]>(), new Map<string, string[]>()];
  for (const { from, to } of edges) {
    up.set(to, [...(up.get(to) ?? []), from]);
    down.set(from, [...(down.get(from) ?? []), to]);
  }
  walk(name, (each) => up.get(each) ?? []);
  walk(name, (each) => down.get(each) ?? []);
  return found;
};
