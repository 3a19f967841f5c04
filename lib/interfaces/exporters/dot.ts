import { renderDot } from '../pictures/graph-text.ts';
import type { Exporter } from './exporter.ts';

export const dotExporter: Exporter = {
  format: 'dot',
  summary: 'the graph for Graphviz',
  toReference: (name) => `$${name}`,
  toFiles: ({ stack, graph }) => ({
    files: [{ path: 'stack.dot', text: `${renderDot({ name: stack.name, services: stack.services, graph }).join('\n')}\n` }],
    losses: [],
  }),
};
