import { type CommandSpec, jsonOption, runningOptions } from '../spec.ts';

export const dashboardCommand: CommandSpec = {
  name: 'dashboard',
  summary: 'Open the dashboard of a running stack in the browser',
  usage: 'dashboard [options]',
  details: [
    'Live state, graph, boot timeline, logs, history, ports; start, stop and restart. Served by the',
    'supervisor on 127.0.0.1, from now until the stack is down. The address holds a code that works once,',
    'within a minute. The same address is an HTTP API: docs/api.md.',
  ],
  options: {
    ...runningOptions,
    'no-open': { type: 'flag', description: 'Print the address instead' },
    port: { type: 'text', value: 'PORT', description: 'The port to listen on (default: 4400, else the next free one)' },
    host: { type: 'text', value: 'ADDRESS', description: 'Another address of this machine to listen on; needs --expose' },
    expose: { type: 'flag', description: 'Let others on the network reach it there, unencrypted' },
    ...jsonOption,
  },
  positionals: null,
  examples: ['muster dashboard', 'muster dashboard --no-open'],
  load: () => import('../commands/dashboard.ts'),
};
