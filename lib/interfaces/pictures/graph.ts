import type { ServiceGraph } from '../../domain/graph.ts';
import type { Service, ServiceName } from '../../domain/service.ts';
import { type Link, toLayers } from './layers.ts';
import { drawing, element, escapeXml, shorten, text } from './svg.ts';

export type GraphPicture = {
  readonly name: string;
  readonly services: ReadonlyMap<ServiceName, Service>;
  readonly graph: ServiceGraph;
};

const boxHeight = 30;
const rowStep = 46;
const passStep = 18;
const gap = 70;
const mostLetters = 26;

type Place = { readonly x: number; readonly y: number; readonly width: number };

/** Who needs whom: boxes in layers from left to right, an arrow from each service to those that wait for it. */
export const drawGraph = ({ name, services, graph }: GraphPicture): string => {
  const nodes = graph.order.map((service) => ({ name: service, layer: graph.depthOf(service) }));
  const links: (Link & { readonly soft: boolean; readonly condition: string })[] = graph.order.flatMap((to) =>
    graph.dependenciesOf(to).map(({ on, required, condition }) => ({
      from: on,
      to,
      condition,
      soft: !required || services.get(on)?.optional === true,
    })),
  );
  const { layers, pathOf } = toLayers(nodes, links);
  const heights = layers.map((layer) => layer.reduce((sum, slot) => sum + (slot.name === null ? passStep : rowStep), 0));
  const tallest = Math.max(boxHeight, ...heights);
  const places = new Map<string, Place>();
  let x = 16;
  for (const [index, layer] of layers.entries()) {
    const width =
      24 +
      7.4 * Math.max(4, ...layer.map((slot) => (slot.name === null ? 0 : Math.min(mostLetters, Array.from(slot.name).length))));
    let y = 48 + (tallest - (heights[index] ?? 0)) / 2;
    for (const slot of layer) {
      places.set(slot.key, { x, y: y + (slot.name === null ? passStep : rowStep) / 2, width });
      y += slot.name === null ? passStep : rowStep;
    }
    x += width + gap;
  }
  const title = `${name}: ${services.size} ${services.size === 1 ? 'service' : 'services'}`;
  return drawing({
    width: Math.max(470, x - gap + 16, 32 + title.length * 8),
    height: 48 + tallest + 34,
    label: title,
    style: '.box { stroke-width: 1.5; } .optional, .soft { stroke-dasharray: 4 3; } .link { fill: none; stroke-width: 1.2; }',
    colours: ({ ground, boot, spawn, overhead }) =>
      `.box { fill: ${ground}; stroke: ${boot}; } .task { stroke: ${spawn}; } .link { stroke: ${overhead}; } .head { fill: ${overhead}; }`,
    parts: [
      '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" class="head"/></marker></defs>',
      text(shorten(title, 80), { x: 16, y: 26, class: 'title' }, title),
      ...links.map((link) =>
        drawLink(
          link,
          pathOf(link).flatMap((key) => places.get(key) ?? []),
        ),
      ),
      ...nodes.flatMap((node) => drawBox(services.get(node.name), places.get(`n:${node.name}`))),
      text('arrow: to who waits; dashed: goes on without; rounded: service, square: task', {
        x: 16,
        y: 48 + tallest + 20,
        class: 'dim',
      }),
    ],
  });
};

const drawLink = (
  { from, to, soft, condition }: Link & { readonly soft: boolean; readonly condition: string },
  places: readonly Place[],
): string => {
  const [first] = places;
  if (first === undefined) return '';
  let [x, y] = [first.x + first.width, first.y];
  let d = `M${Math.round(x)} ${Math.round(y)}`;
  for (const place of places.slice(1)) {
    const middle = (x + place.x) / 2;
    d += `C${Math.round(middle)} ${Math.round(y)} ${Math.round(middle)} ${Math.round(place.y)} ${Math.round(place.x)} ${Math.round(place.y)}`;
    [x, y] = [place.x, place.y];
    if (place === places.at(-1)) break;
    x += place.width;
    d += `H${Math.round(x)}`;
  }
  const title = `<title>${escapeXml(`${from} → ${to}: ${condition}`)}</title>`;
  return element('path', { d, class: soft ? 'link soft' : 'link', 'marker-end': 'url(#head)' }, title);
};

const drawBox = (service: Service | undefined, place: Place | undefined): string[] => {
  if (service === undefined || place === undefined) return [];
  const kinds = ['box', ...(service.type === 'task' ? ['task'] : []), ...(service.optional ? ['optional'] : [])];
  const { x, y, width } = place;
  return [
    element('rect', {
      x,
      y: y - boxHeight / 2,
      width,
      height: boxHeight,
      rx: service.type === 'task' ? 0 : 8,
      class: kinds.join(' '),
    }),
    text(shorten(service.name, mostLetters), { x: x + width / 2, y: y + 4, 'text-anchor': 'middle' }, service.label),
  ];
};
