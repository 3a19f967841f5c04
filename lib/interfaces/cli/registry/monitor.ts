import { type CommandSpec, runningOptions } from '../spec.ts';

export const monitorCommand: CommandSpec = {
  name: 'monitor',
  summary: 'Watch a running stack on the whole screen',
  usage: 'monitor [options]',
  details: [
    'State, health, CPU and memory of each whole process tree, restarts and ports; below, the log of the',
    'chosen one. Arrows choose; keys as in "up": r restarts, s stops, w says why. Ctrl-C leaves.',
  ],
  options: { ...runningOptions },
  positionals: null,
  examples: ['muster monitor'],
  load: () => import('../commands/monitor.ts'),
};
