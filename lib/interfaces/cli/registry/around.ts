import {
  type CommandSpec,
  clusterOptions,
  fileOption,
  jsonOption,
  type PositionalSpec,
  runningOptions,
  stackOptions,
} from '../spec.ts';

/** Commands around a stack: what runs beside it, and what looks at it from outside. */

const oneService: PositionalSpec = { name: 'service', description: 'The service', min: 1, max: 1, complete: 'service' };

export const doctorCommand: CommandSpec = {
  name: 'doctor',
  summary: 'Find what stands in the way of a boot, and how to mend it',
  usage: 'doctor [options]',
  details: [
    'Ports and who holds them, processes that nobody supervises, what a killed supervisor left, missing',
    'programs and files, permissions, disks, limits. Looks only; also without a services.yaml that can be',
    'read. Exits with 0 when nothing stops a boot, else with 1.',
  ],
  options: { ...stackOptions, ...jsonOption },
  positionals: null,
  examples: ['muster doctor', 'muster doctor --json'],
  load: () => import('../commands/doctor.ts'),
};

export const recoverCommand: CommandSpec = {
  name: 'recover',
  summary: 'Bring a failed stack back',
  usage: 'recover [service…] [options]',
  details: [
    'Ends what nobody supervises, and starts what has failed, with all its tries again, and what was',
    'skipped because of it. After a kill of the supervisor or a reboot: what still lives is taken over as',
    'it is, and the rest of what ran then is started, in the background.',
  ],
  options: { ...runningOptions, ...jsonOption },
  positionals: { ...oneService, description: 'Only these', min: 0, max: Number.POSITIVE_INFINITY },
  examples: ['muster recover', 'muster recover api --json'],
  load: () => import('../commands/recover.ts'),
};

export const runCommand: CommandSpec = {
  name: 'run',
  summary: 'Boot the stack, run a command, take everything down again',
  usage: 'run [service…] [options] -- COMMAND…',
  details: [
    'The command starts when everything is up, with NODE_ENV and the addresses of the services: of api',
    'API_PORT, API_HOST, and API_URL where it speaks HTTP (what is set already stays as it is). stdin and',
    'stdout are its own; muster says little, and that on stderr. The exit code of the command is ours.',
    'A stack that runs here already is used, and left running.',
  ],
  options: {
    ...stackOptions,
    fresh: { type: 'flag', description: 'Take over nothing of an earlier run, and run every task' },
    'no-watch': { type: 'flag', description: 'Restart nothing because a file of it changed' },
    logs: { type: 'flag', description: 'Also show what the services print, on stderr' },
    strict: { type: 'flag', description: 'Exit 6 without running the command when the stack is degraded' },
  },
  positionals: { ...oneService, description: 'Only these, with what they need', min: 0, max: Number.POSITIVE_INFINITY },
  takesCommand: true,
  examples: ['muster run -- npm test', 'muster run api --env test --logs -- npx playwright test'],
  load: () => import('../commands/run.ts'),
};

export const execCommand: CommandSpec = {
  name: 'exec',
  summary: "Run a command in a service's environment",
  usage: 'exec SERVICE [options] -- COMMAND…',
  details: [
    'In its folder, with its env, its env files, PORT, and the addresses of the others as they are on',
    'this run; when nothing runs, as the next boot would have them. It is no part of the service: no stop',
    'ends it. Its exit code is ours (128 + the signal that ended it, 127 not found, 126 not runnable).',
  ],
  options: stackOptions,
  positionals: oneService,
  takesCommand: true,
  examples: ['muster exec api -- npm run migrate', 'muster exec db -- sh -c \'psql -p "$PORT"\''],
  load: () => import('../commands/exec.ts'),
};

export const envCommand: CommandSpec = {
  name: 'env',
  summary: 'List the environment variables of a service',
  usage: 'env SERVICE [options]',
  details: ['Names, where each comes from, and whether it is set. Values are shown to nobody but a terminal, by', '--show.'],
  options: {
    ...stackOptions,
    all: { type: 'flag', short: 'a', description: 'Also those that muster itself was called with' },
    show: { type: 'flag', description: 'Print the values; only to a terminal' },
    ...jsonOption,
  },
  positionals: oneService,
  examples: ['muster env api', 'muster env api --show'],
  load: () => import('../commands/env.ts'),
};

export const lsCommand: CommandSpec = {
  name: 'ls',
  summary: 'List all stacks that run on this machine',
  usage: 'ls [options]',
  details: ['Those of this user, wherever they were started; also those that a killed supervisor has left.'],
  options: jsonOption,
  positionals: null,
  examples: ['muster ls', 'muster ls --json'],
  load: () => import('../commands/ls.ts'),
};

export const logsCommand: CommandSpec = {
  name: 'logs',
  summary: 'Show what the services print',
  usage: 'logs [service…] [options]',
  details: [
    'Those of several services in the order in which they came; from then on, with --follow, as it comes.',
    'Also works when nothing runs. After "logs", -f means --follow: "muster -f FILE logs -f" has both.',
  ],
  options: {
    ...stackOptions,
    // Without its letter, which means something else here.
    file: fileOption,
    follow: { type: 'flag', short: 'f', description: 'Go on with what is printed from now on' },
    since: { type: 'text', value: 'TIME', description: 'Only lines that came within this time: 10m, 1h30m' },
    tail: {
      type: 'text',
      short: 'n',
      value: 'N',
      description: 'The last N lines of each service, or "all" (default: 50; with --since all)',
    },
    grep: { type: 'text', value: 'RE', description: 'Only lines that match this regular expression' },
    raw: { type: 'flag', description: 'As it was printed: without names, with all control sequences' },
    ...clusterOptions,
    json: { type: 'flag', description: 'Print each line as JSON' },
  },
  positionals: { ...oneService, description: 'Only these', min: 0, max: Number.POSITIVE_INFINITY },
  examples: ['muster logs api --follow', 'muster logs --tail all --grep ERROR', 'muster logs --json | jq .text'],
  load: () => import('../commands/logs.ts'),
};
