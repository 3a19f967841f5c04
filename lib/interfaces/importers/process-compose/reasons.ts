import type { Reasons } from '../reader.ts';

const own = 'it is about the screen or the log of process-compose';

export const processReasons: Reasons = {
  log_location: 'output goes to logs/<service>.log; see "log"',
  log_configuration: 'output goes to logs/<service>.log; see "log"',
  disable_ansi_colors: own,
  is_tty: 'services have no terminal',
  is_interactive: 'services have no terminal',
  is_foreground: 'services have no terminal',
  is_daemon: 'muster supervises what it starts: run it in the foreground',
  launch_timeout_seconds: 'muster supervises what it starts: run it in the foreground',
  is_elevated: 'programs run with your own rights',
  namespace: 'name services on the command line, or give them profiles',
  vars: 'templates are not filled in',
  is_template_disabled: 'templates are not filled in',
  is_dotenv_disabled: '"env_file" says who gets it',
  env_file: 'write it as "env_file"',
  schedule: 'muster runs nothing by the clock',
};

export const stackReasons: Reasons = {
  version: 'muster does not look at it',
  vars: 'templates are not filled in',
  env_cmds: 'nothing is run to make variables: set them before "muster up"',
  shell: 'lines are run by /bin/sh, or by bash where they need it',
  log_level: own,
  log_length: own,
  log_location: own,
  log_format: own,
  is_tui_disabled: own,
  is_strict: 'muster always refuses what it does not know',
  ordered_shutdown: 'muster always stops in reverse order',
  disable_env_expansion: own,
  extends: 'name both files: muster import base.yaml this.yaml',
};
