import { type GraphInput, renderDot, renderMermaid, toGraphData } from '../../pictures/graph-text.ts';
import type { CommandContext } from '../context.ts';
import { renderTree } from '../render/graph.ts';
import { createTheme } from '../render/theme.ts';

export const run = async ({ args, stdout, stderr, load }: CommandContext): Promise<number> => {
  const formats = ['dot', 'mermaid', 'svg', 'json'].filter((format) => args.flag(format));
  if (formats.length > 1) {
    stderr.line(`muster: --${formats.join(' and --')} exclude each other; choose one`);
    return 2;
  }
  const loaded = await load({ only: args.positionals });
  if (loaded === null) return 2;
  const { buildGraph } = await import('../../../domain/graph.ts');
  const { name, services } = loaded.stack;
  const input: GraphInput = { name, services, graph: buildGraph(services) };
  switch (formats[0]) {
    case 'dot':
      stdout.lines(renderDot(input));
      break;
    case 'mermaid':
      stdout.lines(renderMermaid(input));
      break;
    case 'svg': {
      const { drawGraph } = await import('../../pictures/graph.ts');
      stdout.write(drawGraph(input));
      break;
    }
    case 'json':
      stdout.line(JSON.stringify(toGraphData(input), null, 2));
      break;
    default: {
      const theme = createTheme(stdout);
      stdout.lines(
        services.size === 0 ? ['no services'] : renderTree(input, stdout).map((line) => theme.cut(line, stdout.columns())),
      );
    }
  }
  return 0;
};
