import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSystemFacts } from '../../lib/config/facts.ts';
import { loadStack } from '../../lib/config/load.ts';
import { buildGraph } from '../../lib/domain/graph.ts';
import type { ExportInput } from '../../lib/interfaces/exporters/exporter.ts';

/** A stack as it comes out of a file with this in it; `$` in the values stands for itself. */
export const toInput = async (content: unknown, { allProfiles = false } = {}): Promise<ExportInput> => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'muster-export-')));
  try {
    writeFileSync(join(folder, 'services.yaml'), JSON.stringify(content).replaceAll('$', '$$$$').replaceAll('@{', '${'));
    const { stack, diagnostics, secrets } = await loadStack({
      file: 'services.yaml',
      cwd: folder,
      env: { PATH: process.env['PATH'] },
      environment: 'development',
      profiles: [],
      only: [],
      allProfiles,
      checkSystem: false,
      facts: readSystemFacts(),
    });
    if (stack === null) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
    const muster = ['/usr/bin/node', '/opt/muster/cli.js'];
    return { stack, graph: buildGraph(stack.services), secrets, muster, user: { name: 'ann', group: '1000' } };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
