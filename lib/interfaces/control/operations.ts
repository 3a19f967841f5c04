import type { StackControl } from '../control.ts';

/**
 * From where it may be asked for: over a port by whoever has a token, too; or only over the control socket, which nobody but the
 * user can open. What a token can do has to stay less than a terminal: it decides neither which file's commands are run, nor whose
 * processes may be ended for a port, nor where else to listen.
 */
export type Reach = 'anywhere' | 'socket';

export type OperationName =
  | keyof StackControl
  | 'session'
  | 'services'
  | 'service'
  | 'logs'
  | 'followLogs'
  | 'timeline'
  | 'runs'
  | 'run'
  | 'stats'
  | 'graph'
  | 'plan'
  | 'ports'
  | 'orphans'
  | 'description'
  | 'metrics';

/**
 * Everything that can be asked of a running stack, each by one name. What a `StackControl` does is there twice, and only both
 * together: as a frame of the protocol, which costs the command line nothing to load, and as a route of the HTTP API. The rest is
 * looked up and told by routes alone. Both are spoken on the control socket, so that nothing can be had elsewhere and not there.
 */
export const operations: Readonly<Record<OperationName, Reach>> = {
  snapshot: 'anywhere',
  why: 'anywhere',
  usage: 'anywhere',
  boot: 'anywhere',
  events: 'anywhere',
  start: 'anywhere',
  stop: 'anywhere',
  restart: 'anywhere',
  down: 'anywhere',
  hurry: 'anywhere',
  apply: 'socket',
  preview: 'socket',
  agree: 'socket',
  dashboard: 'socket',
  session: 'anywhere',
  services: 'anywhere',
  service: 'anywhere',
  logs: 'anywhere',
  followLogs: 'anywhere',
  timeline: 'anywhere',
  runs: 'anywhere',
  run: 'anywhere',
  stats: 'anywhere',
  graph: 'anywhere',
  plan: 'anywhere',
  ports: 'anywhere',
  orphans: 'anywhere',
  description: 'anywhere',
  metrics: 'anywhere',
};
