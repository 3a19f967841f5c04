import type { Reasons } from '../reader.ts';

const inContainer = 'it is about the container; programs run on this machine here';
const network = 'all services share the network of this machine';
const rights = 'programs run with your own rights here';
const limits = 'muster sets no such limit';

export const filesReason = 'programs see the files of this machine as they are';

export const namedVolumes =
  'where docker runs a service, it makes the volumes that are named to it; how they are set up stays there';

const of = (keys: string, why: string): readonly (readonly [string, string])[] => keys.split(' ').map((key) => [key, why]);

/** Why keys of a service are not carried over; what is not here is unknown to us. */
export const serviceReasons: Reasons = Object.fromEntries([
  ...of('volumes volumes_from tmpfs', filesReason),
  ...of('networks dns dns_opt dns_search extra_hosts mac_address hostname domainname', network),
  ...of('privileged user userns_mode group_add cap_add cap_drop security_opt read_only cgroup cgroup_parent', rights),
  ...of('cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpuset', limits),
  ...of('mem_swappiness memswap_limit oom_kill_disable oom_score_adj pids_limit ulimits blkio_config shm_size', limits),
  ...of('tty stdin_open attach', 'services have no terminal; their output is in logs/'),
  ...of(
    'platform pull_policy pull_refresh_after isolation runtime storage_opt sysctls devices device_cgroup_rules gpus',
    inContainer,
  ),
  ...of('external_links credential_spec use_api_socket uts', inContainer),
  ['container_name', 'muster finds a service by its name'],
  ['labels', 'they are for other tools'],
  ['annotations', 'they are for other tools'],
  ['label_file', 'they are for other tools'],
  ['logging', 'output goes to logs/, rotated; see "log"'],
  ['configs', 'programs see the files of this machine as they are; name the file in an argument or a variable'],
  ['secrets', 'programs see the files of this machine as they are; use env_file for secret variables'],
  ['develop', 'muster builds and syncs nothing; "watch" restarts on changes'],
  ['post_start', 'it runs in the container; see "hooks"'],
  ['pre_stop', 'it runs in the container; see "hooks"'],
  ['provider', 'muster runs commands only'],
  ['models', 'muster runs commands only'],
]);

export const deployReasons: Reasons = Object.fromEntries([
  ...of('placement endpoint_mode', 'there is one machine here'),
  ...of('update_config rollback_config', 'muster restarts what changed, in the order of the graph'),
  ['labels', 'they are for other tools'],
]);

export const stackReasons: Reasons = {
  version: 'Compose itself ignores it',
  networks: network,
  volumes: filesReason,
  configs: filesReason,
  secrets: filesReason,
  models: 'muster runs commands only',
};
