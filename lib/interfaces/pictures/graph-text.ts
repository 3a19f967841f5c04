import type { ServiceGraph } from '../../domain/graph.ts';
import type { Dependency, Service, ServiceName } from '../../domain/service.ts';
import { toSafeText } from '../../util/terminal-text.ts';

export type GraphInput = {
  readonly name: string;
  readonly services: ReadonlyMap<ServiceName, Service>;
  readonly graph: ServiceGraph;
};

/** Those that need it go on without. */
export const isSoftEdge = ({ on, required }: Dependency, services: GraphInput['services']): boolean =>
  !required || services.get(on)?.optional === true;

/** Graphviz. An arrow leads from a service to those that wait for it. */
export const renderDot = (input: GraphInput): string[] => [
  `digraph ${quoteDot(input.name)} {`,
  '  rankdir=LR;',
  '  node [shape=box, style=rounded];',
  ...toNodes(input).map(({ name, label, type, optional }) => {
    const looks = [
      ...(label === name ? [] : [`label=${quoteDot(label)}`]),
      ...(type === 'task' ? ['peripheries=2'] : []),
      ...(optional ? ['style="rounded,dashed"'] : []),
    ];
    return `  ${quoteDot(name)}${looks.length === 0 ? '' : ` [${looks.join(', ')}]`};`;
  }),
  ...toEdges(input).map(
    ({ from, to, condition, soft }) =>
      `  ${quoteDot(from)} -> ${quoteDot(to)} [label=${condition}${soft ? ', style=dashed' : ''}];`,
  ),
  '}',
];

const quoteDot = (text: string): string => `"${safe(text).replace(/["\\]/g, '\\$&')}"`;

/** Nodes have numbers, because a service may be called `end`, which means something to Mermaid. */
export const renderMermaid = (input: GraphInput): string[] => {
  const nodes = toNodes(input);
  const ids = new Map(nodes.map(({ name }, index) => [name, `s${index}`]));
  return [
    'flowchart LR',
    ...nodes.map(({ name, label, type, optional }) => {
      const text = `"${safe(label).replace(/[&"<>#]/g, (letter) => `#${letter.charCodeAt(0)};`)}"`;
      return `  ${ids.get(name) ?? ''}${type === 'task' ? `[[${text}]]` : `(${text})`}${optional ? ':::optional' : ''}`;
    }),
    ...toEdges(input).map(
      ({ from, to, condition, soft }) =>
        `  ${ids.get(from) ?? ''} ${soft ? `-. ${condition} .->` : `-- ${condition} -->`} ${ids.get(to) ?? ''}`,
    ),
    ...(nodes.some(({ optional }) => optional) ? ['  classDef optional stroke-dasharray: 4 4'] : []),
  ];
};

/** For machines: nodes in topological order, edges as they are written in the file. */
export const toGraphData = (
  input: GraphInput,
): { readonly name: string; readonly services: readonly GraphNode[]; readonly edges: readonly GraphEdge[] } => ({
  name: input.name,
  services: toNodes(input),
  edges: toEdges(input),
});

type GraphNode = Pick<Service, 'name' | 'label' | 'type' | 'optional'> & { readonly depth: number };
type GraphEdge = {
  readonly from: ServiceName;
  readonly to: ServiceName;
  readonly condition: Dependency['condition'];
  readonly soft: boolean;
};

const toNodes = ({ services, graph }: GraphInput): GraphNode[] =>
  graph.order.flatMap((name) => {
    const service = services.get(name);
    return service === undefined
      ? []
      : [{ name, label: service.label, type: service.type, optional: service.optional, depth: graph.depthOf(name) }];
  });

const toEdges = ({ services, graph }: GraphInput): GraphEdge[] =>
  graph.order.flatMap((to) =>
    graph.dependenciesOf(to).map((edge) => ({ from: edge.on, to, condition: edge.condition, soft: isSoftEdge(edge, services) })),
  );

const safe = (text: string): string => toSafeText(text, { colours: false });
