import { type CommandSpec, jsonOption, stackOptions } from './spec.ts';

const services = {
  name: 'service',
  description: 'Only these, with what they need',
  min: 0,
  max: Number.POSITIVE_INFINITY,
  complete: 'service',
} as const;

/** Every command of the contract, in the order of the help. A new one is a file in commands/ and an entry here. */
export const commands: readonly CommandSpec[] = [
  {
    name: 'up',
    summary: 'Boot the stack, or the named services with what they need',
    usage: 'up [service…] [options]',
    details: [
      'Starts every service as soon as what it depends on is ready, and proves each one healthy. Stays',
      'attached: Ctrl-C stops everything in order.',
    ],
    options: {
      ...stackOptions,
      detach: { type: 'flag', short: 'd', description: 'Leave the stack running in the background (not built yet)' },
      'dry-run': { type: 'flag', description: 'Show what would be done, and do nothing' },
      'fail-fast': { type: 'flag', description: 'Stop waiting for the others at the first failure' },
      force: { type: 'flag', description: 'End whoever holds a port that is needed, after showing who it is and asking' },
      fresh: { type: 'flag', description: 'Reuse nothing of what runs; clean caches first (not built yet)' },
      'no-deps': { type: 'flag', description: 'Start only the named services, without what they need' },
      rollback: { type: 'flag', description: 'Stop everything that was started when the boot fails' },
      strict: { type: 'flag', description: 'Exit 6 when the stack is degraded' },
      yes: { type: 'flag', short: 'y', description: 'Answer yes to the question that --force asks' },
      json: { type: 'flag', description: 'Print events as JSON, one a line' },
    },
    positionals: services,
    examples: ['muster up', 'muster up web --env test', 'muster up --strict --json'],
    load: () => import('./commands/up.ts'),
  },
  {
    name: 'check',
    summary: 'Find every mistake in services.yaml, and start nothing',
    usage: 'check [options]',
    details: ['Prints each problem as FILE:LINE:COLUMN: what is wrong; how to mend it. Exits with 2 when there is', 'an error.'],
    options: {
      ...stackOptions,
      'all-profiles': { type: 'flag', description: 'Check the services of all profiles together' },
      strict: { type: 'flag', description: 'Exit 2 for warnings, too' },
      ...jsonOption,
    },
    positionals: null,
    examples: ['muster check', 'muster check --all-profiles --json'],
    load: () => import('./commands/check.ts'),
  },
  {
    name: 'plan',
    summary: 'Show what "up" would do, and how long it should take',
    usage: 'plan [service…] [options]',
    details: [
      'The order of the services, what each waits for, its ports, what runs already, and the times to',
      'expect from the boots remembered. Starts nothing.',
    ],
    options: {
      ...stackOptions,
      'no-deps': { type: 'flag', description: 'Only the named services, without what they need' },
      ...jsonOption,
    },
    positionals: services,
    examples: ['muster plan', 'muster plan web --json'],
    load: () => import('./commands/plan.ts'),
  },
  {
    name: 'graph',
    summary: 'Draw which service needs which',
    usage: 'graph [service…] [options]',
    details: [
      'Reads from top to bottom in the order of the start. "api ← db healthy": api starts when db is',
      'healthy; with a "?" or a dashed line it goes on without, too. In DOT and Mermaid an arrow leads from',
      'a service to those that wait for it.',
    ],
    options: {
      ...stackOptions,
      dot: { type: 'flag', description: 'As Graphviz DOT' },
      mermaid: { type: 'flag', description: 'As a Mermaid flow chart' },
      ...jsonOption,
    },
    positionals: services,
    examples: ['muster graph', 'muster graph --dot | dot -Tsvg > stack.svg'],
    load: () => import('./commands/graph.ts'),
  },
  {
    name: 'stats',
    summary: 'Show how long boots took, and what fails',
    usage: 'stats [service…] [options]',
    details: ['From the boots remembered; those of one environment only with --env.'],
    options: { ...stackOptions, ...jsonOption },
    positionals: { ...services, description: 'Only these' },
    examples: ['muster stats', 'muster stats api --json'],
    load: () => import('./commands/stats.ts'),
  },
  later('down', 'Stop the stack in reverse order, and prove that nothing is left'),
  later('start', 'Start services of a running stack'),
  later('stop', 'Stop services of a running stack'),
  later('restart', 'Restart services in graph order'),
  later('status', 'Show what runs, and how it is'),
  later('logs', 'Show what the services print'),
  later('doctor', 'Find what stands in the way of a boot'),
  later('recover', 'Bring a failed stack back'),
  later('why', 'Tell why a service is in its state'),
  later('run', 'Boot, run a command, tear down'),
  later('exec', "Run a command in a service's environment"),
  later('ls', 'List all stacks that run on this machine'),
  later('init', 'Write a services.yaml'),
  later('import', "Write a services.yaml from another tool's file"),
  later('export', "Write the stack in another tool's format"),
  later('dashboard', 'Open the dashboard'),
  {
    name: 'completion',
    summary: 'Print the completion script of a shell',
    usage: 'completion bash|zsh|fish',
    details: [
      'bash:  muster completion bash > ~/.local/share/bash-completion/completions/muster',
      'zsh:   muster completion zsh > "${fpath[1]}/_muster"',
      'fish:  muster completion fish > ~/.config/fish/completions/muster.fish',
    ],
    options: {
      // What the scripts ask at each press of the tab key.
      names: { type: 'flag', description: 'Print the names of the services', hidden: true },
    },
    positionals: {
      name: 'shell',
      description: 'The shell',
      min: 0,
      max: 1,
      choices: ['bash', 'zsh', 'fish'],
    },
    load: () => import('./commands/completion.ts'),
  },
  {
    name: 'version',
    summary: 'Print the version',
    usage: 'version [--json]',
    options: jsonOption,
    positionals: null,
    load: () => import('./commands/version.ts'),
  },
  {
    name: 'help',
    summary: 'Show the help of a command',
    usage: 'help [command]',
    options: {},
    positionals: { name: 'command', description: 'The command', min: 0, max: 1, complete: 'command' },
    load: () => import('./commands/help.ts'),
  },
];

export const findCommand = (name: string): CommandSpec | null => commands.find((command) => command.name === name) ?? null;

function later(name: string, summary: string): CommandSpec {
  return { name, summary, usage: name, options: stackOptions, positionals: null, load: null };
}
