import { doctorCommand, envCommand, execCommand, logsCommand, lsCommand, recoverCommand, runCommand } from './registry/around.ts';
import { cleanCommand } from './registry/clean.ts';
import { exportCommand, importCommand, initCommand } from './registry/formats.ts';
import { statsCommand } from './registry/memory.ts';
import { monitorCommand } from './registry/monitor.ts';
import { type CommandSpec, jsonOption, runningOptions, stackOptions } from './spec.ts';

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
      'attached: Ctrl-C stops everything in order, "d" leaves it running. A stack that runs is joined.',
    ],
    options: {
      ...stackOptions,
      detach: { type: 'flag', short: 'd', description: 'Leave the stack running in the background' },
      'dry-run': { type: 'flag', description: 'Show what would be done, and do nothing' },
      'fail-fast': { type: 'flag', description: 'Stop waiting for the others at the first failure' },
      force: { type: 'flag', description: 'End whoever holds a port that is needed, after showing who it is and asking' },
      fresh: { type: 'flag', description: 'Take over nothing of an earlier run, clean, and run every task' },
      'no-deps': { type: 'flag', description: 'Start only the named services, without what they need' },
      'no-watch': { type: 'flag', description: 'Restart nothing because a file of it changed' },
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
      svg: { type: 'flag', description: 'As an SVG picture, which needs no other program' },
      ...jsonOption,
    },
    positionals: services,
    examples: ['muster graph', 'muster graph --svg > stack.svg', 'muster graph --mermaid'],
    load: () => import('./commands/graph.ts'),
  },
  statsCommand,
  {
    name: 'down',
    summary: 'Stop the stack in reverse order, and prove that nothing is left',
    usage: 'down [service…] [options]',
    details: [
      'Each service is asked to stop when those that need it are gone. Ctrl-C gives everything one second,',
      'once more kills. With names: those and what needs them; the rest of the stack runs on.',
    ],
    options: { ...runningOptions, ...jsonOption },
    positionals: { ...services, description: 'Only these, after those that need them' },
    examples: ['muster down', 'muster down api'],
    load: () => import('./commands/down.ts'),
  },
  {
    name: 'start',
    summary: 'Start services of a running stack',
    usage: 'start [service…] [options]',
    details: [
      'With what they need, in dependency order; without a name, all of the stack. One that has failed',
      'gets all its tries again.',
    ],
    options: { ...runningOptions, ...jsonOption },
    positionals: services,
    examples: ['muster start', 'muster start api'],
    load: () => import('./commands/start.ts'),
  },
  {
    name: 'stop',
    summary: 'Stop services of a running stack',
    usage: 'stop [service…] [options]',
    details: ['In reverse order; the supervisor stays, so that "muster start" brings them back.'],
    options: {
      ...runningOptions,
      'with-dependents': { type: 'flag', description: 'Stop those that need them, too, and first' },
      force: { type: 'flag', description: 'Stop only the named ones, though others need them' },
      ...jsonOption,
    },
    positionals: { ...services, description: 'Only these' },
    examples: ['muster stop api', 'muster stop db --with-dependents'],
    load: () => import('./commands/stop.ts'),
  },
  {
    name: 'restart',
    summary: 'Restart services in graph order',
    usage: 'restart [service…] [options]',
    details: ['Down from the dependents, up from the dependencies, with those that ask to be restarted along.'],
    options: { ...runningOptions, ...jsonOption },
    positionals: { ...services, description: 'Only these' },
    examples: ['muster restart', 'muster restart api'],
    load: () => import('./commands/restart.ts'),
  },
  {
    name: 'status',
    summary: 'Show what runs, and how it is',
    usage: 'status [service…] [options]',
    details: ['Asks the supervisor of the stack; services.yaml is not read.'],
    options: {
      ...runningOptions,
      watch: { type: 'flag', short: 'w', description: 'Refresh every 2 s, until Ctrl-C' },
      ...jsonOption,
    },
    positionals: { ...services, description: 'Only these' },
    examples: ['muster status', 'muster status --watch', 'muster status --json'],
    load: () => import('./commands/status.ts'),
  },
  monitorCommand,
  logsCommand,
  cleanCommand,
  doctorCommand,
  recoverCommand,
  {
    name: 'why',
    summary: 'Tell why a service is in its state',
    usage: 'why SERVICE [options]',
    details: ['The chain of causes, one step a line, down to the one that nobody else explains.'],
    options: { ...runningOptions, ...jsonOption },
    positionals: { ...services, description: 'The service', min: 1, max: 1 },
    examples: ['muster why api'],
    load: () => import('./commands/why.ts'),
  },
  runCommand,
  execCommand,
  envCommand,
  lsCommand,
  initCommand,
  importCommand,
  exportCommand,
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
