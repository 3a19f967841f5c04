import { type CommandSpec, jsonOption, stackOptions } from '../spec.ts';

/** Out to other tools. */

export const exportCommand: CommandSpec = {
  name: 'export',
  summary: "Write the stack in another tool's format",
  usage: 'export FORMAT [service…] [options]',
  details: [
    'compose: a Compose file. systemd: a unit a service, and a target; with --unit one unit that runs',
    '"muster up" at boot. procfile; dot (Graphviz); json (the resolved stack). To stdout, or --out PATH;',
    'what the format cannot say is listed on stderr. Secrets become references. Runs nothing.',
  ],
  options: {
    ...stackOptions,
    out: {
      type: 'text',
      short: 'o',
      value: 'PATH',
      description: 'Write there: a file, or a folder for several',
      complete: 'file',
    },
    force: { type: 'flag', description: 'Also over files that are there already' },
    unit: { type: 'flag', description: 'systemd: one unit for the whole stack' },
    ...jsonOption,
  },
  positionals: { name: 'format', description: 'The format, then services', min: 1, max: Number.POSITIVE_INFINITY },
  examples: ['muster export compose > compose.yaml', 'muster export systemd --unit --out /etc/systemd/system'],
  load: () => import('../commands/export.ts'),
};
