import type { Reasons } from '../reader.ts';

const ownLog = 'output goes to logs/<service>.log, rotated; see "log"';
/** Why keys of an app are not carried over. */
export const reasons: Reasons = {
  watch_options: 'see "watch"',
  max_memory_restart: 'muster restarts nothing for its memory',
  min_uptime: 'see "window" of "restart"',
  wait_ready: 'pm2\'s own channel; write "ready" with log, http, tcp or notify',
  listen_timeout: 'see "health_timeout"',
  shutdown_with_message: 'it is stopped by a signal',
  cron_restart: 'muster restarts nothing by the clock',
  out_file: ownLog,
  output: ownLog,
  error_file: ownLog,
  error: ownLog,
  log_file: ownLog,
  log: ownLog,
  merge_logs: ownLog,
  combine_logs: ownLog,
  log_date_format: 'muster keeps what a program writes as it is',
  log_type: 'muster keeps what a program writes as it is',
  time: 'muster keeps what a program writes as it is',
  pid_file: 'muster knows its processes by itself',
  pid: 'muster knows its processes by itself',
  namespace: 'name services on the command line, or give them profiles',
  source_map_support: 'start node with --enable-source-maps',
  instance_var: 'the instances are called NAME-1, NAME-2 …',
  increment_var: 'ports are counted up from "port"',
  treekill: 'muster always ends whole process trees',
  force: 'a name is there once',
};
