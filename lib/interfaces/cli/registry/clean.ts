import { type CommandSpec, jsonOption, stackOptions } from '../spec.ts';

export const cleanCommand: CommandSpec = {
  name: 'clean',
  summary: 'Remove caches and temporary files',
  usage: 'clean [service…] [options]',
  details: [
    'What "clean" of services.yaml names, for the stack and for the services that take part; inside the',
    'project only, and not while the stack is up. "up --fresh" does the same before it starts anything.',
  ],
  options: {
    ...stackOptions,
    'dry-run': { type: 'flag', description: 'List what would be removed, and remove nothing' },
    ...jsonOption,
  },
  positionals: {
    name: 'service',
    description: 'Only the caches of these, and those of the stack',
    min: 0,
    max: Number.POSITIVE_INFINITY,
    complete: 'service',
  },
  examples: ['muster clean --dry-run', 'muster clean'],
  load: () => import('../commands/clean.ts'),
};
