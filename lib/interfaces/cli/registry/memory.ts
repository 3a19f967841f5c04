import { type CommandSpec, jsonOption, onOption, stackOptions } from '../spec.ts';

/** Commands that ask the memory. */

export const statsCommand: CommandSpec = {
  name: 'stats',
  summary: 'Show how long boots took, what fails, what got slower',
  usage: 'stats [service…] [run] [options]',
  details: [
    'From the boots remembered; those of one environment only with --env. A run is its number, "last",',
    '"last-1", "-1" (the last) or "best"; without one it is the newest boot of the whole stack.',
    'With --check the exit code is 1 when a budget is not kept. docs/stats.md tells it all.',
  ],
  options: {
    ...stackOptions,
    since: { type: 'text', value: 'TIME', description: 'Only boots since then: 2h, 7d, 3w, 2026-11-03, 2026-11-03T14:30' },
    service: { type: 'list', value: 'NAME', description: 'Only these services, as their names alone', complete: 'service' },
    run: { type: 'text', value: 'RUN', description: 'This boot, instead of the newest' },
    compare: { type: 'flag', description: 'Compare two runs; one is compared with the last' },
    'what-if': {
      type: 'list',
      value: 'CHANGE',
      description: 'What it would have taken with db=0.5s, db=x0.5, db:no-delay, …',
    },
    check: { type: 'list', value: 'BUDGET', description: 'Exit 1 unless boot<20s, api.p95<3s, critical.api<50%, …' },
    shutdown: { type: 'flag', description: 'Who kept the last stop waiting, instead' },
    import: {
      type: 'text',
      value: 'FILE',
      description: "Take in the boots of another memory file, such as CI's",
      complete: 'file',
    },
    plot: { type: 'text', value: 'FILE', description: 'Draw the boot into this SVG file', complete: 'file' },
    html: { type: 'text', value: 'FILE', description: 'Write timeline, history and graph as one HTML page', complete: 'file' },
    trace: { type: 'text', value: 'FILE', description: 'Write the boot for Perfetto or chrome://tracing', complete: 'file' },
    csv: { type: 'flag', description: 'One line for each service of each run' },
    markdown: { type: 'flag', description: "GitHub's Markdown, for the summary of a CI job" },
    ...onOption,
    ...jsonOption,
  },
  positionals: {
    name: 'service',
    description: 'Only these; or a run',
    min: 0,
    max: Number.POSITIVE_INFINITY,
    complete: 'service',
  },
  examples: [
    'muster stats',
    'muster stats --compare best last',
    "muster stats --what-if 'db=0.5s' --what-if 'api:without=cache'",
    'muster stats --plot boot.svg --html report.html',
    "muster stats --check 'boot<20s' --check 'api.p95<3s' --markdown",
  ],
  load: () => import('../commands/stats.ts'),
};
