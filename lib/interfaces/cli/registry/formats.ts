import { type CommandSpec, jsonOption, stackOptions } from '../spec.ts';

/** Out to other tools, and in from them. */

export const exportCommand: CommandSpec = {
  name: 'export',
  summary: "Write the stack in another tool's format",
  usage: 'export FORMAT [service…] [options]',
  details: [
    'compose: a Compose file. kubernetes: objects with gates and sync waves. systemd: a unit a service,',
    'and a target; with --unit one unit that runs "muster up" at boot. procfile; dot (Graphviz); json (as',
    'it is resolved). To stdout, or --out PATH; what the format cannot say is listed on stderr. Secrets',
    'become references. Runs nothing.',
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

/** Where the result of `import` and `init` goes. */
const outOptions = {
  out: {
    type: 'text',
    short: 'o',
    value: 'FILE',
    description: 'Write there instead of services.yaml; "-" for stdout',
    complete: 'file',
  },
  force: { type: 'flag', description: 'Also over a file that is there already' },
  ...jsonOption,
} as const;

export const importCommand: CommandSpec = {
  name: 'import',
  summary: "Write a services.yaml from another tool's file",
  usage: 'import FILE… [options]',
  details: [
    'Reads Compose files (several are overlaid in their order, as with docker compose -f), Procfiles,',
    'process-compose.yaml, pm2 ecosystem files, package.json scripts and VS Code tasks. Every setting',
    'that is not carried over is listed on stderr with its line. Runs nothing, also no JavaScript.',
  ],
  options: {
    format: { type: 'text', value: 'NAME', description: 'What the file is, where its name and content do not say it' },
    ...outOptions,
  },
  positionals: {
    name: 'file',
    description: 'The file, or several of one kind',
    min: 1,
    max: Number.POSITIVE_INFINITY,
    complete: 'file',
  },
  examples: ['muster import compose.yaml', 'muster import compose.yaml compose.dev.yaml', 'muster import Procfile --out -'],
  load: () => import('../commands/import.ts'),
};

export const initCommand: CommandSpec = {
  name: 'init',
  summary: 'Write a first services.yaml from what is here',
  usage: 'init [options]',
  details: [
    'Looks for the files that "muster import" reads, tells what it found, and takes what says how the',
    'programs run, with the Compose file that holds what they need. Where there is nothing: a file to',
    'begin with. Runs nothing.',
  ],
  options: outOptions,
  positionals: null,
  examples: ['muster init', 'muster init --out -'],
  load: () => import('../commands/init.ts'),
};
