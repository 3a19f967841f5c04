import path from 'node:path';
import { defaultLog, defaultLogFile, defaults } from '../../domain/defaults.ts';
import type { Service, Stack } from '../../domain/service.ts';
import type { LossList } from './exporter.ts';

/** What concerns the stack as a whole, which other tools know nothing of. */
export const tellStackLosses = (stack: Stack, { lose }: LossList): void => {
  const { maxParallel, bootTimeout, shutdownDeadline, clean, hooks, notify } = stack;
  const names = Object.keys(hooks.commands);
  if (maxParallel !== null) lose(null, '"max_parallel": as many start at once as can');
  if (bootTimeout !== null) lose(null, '"boot_timeout"');
  if (shutdownDeadline !== defaults.shutdownDeadline) lose(null, '"shutdown_deadline"');
  if (clean.length > 0) lose(null, '"clean" of the stack');
  if (names.length > 0) lose(null, `the hooks of the stack (${names.join(', ')})`);
  if (notify.length > 0) lose(null, '"notify"');
};

type Field =
  | 'label'
  | 'profiles'
  | 'waitBeforeStart'
  | 'healthTimeout'
  | 'startupDelay'
  | 'portConflict'
  | 'watch'
  | 'inputs'
  | 'clean'
  | 'stopCommand';

/** Null where the service says nothing of it that is not so anyway. */
const texts: Readonly<Record<Field, (service: Service) => string | null>> = {
  label: ({ label, name }) => (label === name ? null : '"label"'),
  profiles: ({ profiles }) => (profiles.length === 0 ? null : '"profiles": it is always started'),
  waitBeforeStart: ({ waitBeforeStart }) => (waitBeforeStart === 0 ? null : '"wait_before_start"'),
  healthTimeout: ({ type, healthTimeout }) =>
    healthTimeout === (type === 'task' ? null : defaults.healthTimeout) ? null : '"health_timeout"',
  startupDelay: ({ startupDelay }) => (startupDelay === 0 ? null : '"startup_delay"'),
  portConflict: ({ portConflict }) => (portConflict === 'next' ? '"port_conflict: next": its port is fixed there' : null),
  watch: ({ watch }) => (watch === null ? null : '"watch": no change of a file restarts it'),
  inputs: ({ inputs }) => (inputs === null ? null : '"inputs": it runs at each start'),
  clean: ({ clean }) => (clean === null ? null : '"clean"'),
  stopCommand: ({ stop }) => (stop.command === null ? null : 'its stop command'),
};

/** Those of these fields that the service has. */
export const tellFieldLosses = (service: Service, fields: readonly Field[], { lose }: LossList): void => {
  for (const field of fields) {
    const text = texts[field](service);
    if (text !== null) lose(service.name, text);
  }
};

/** Where the output goes to, and how much of it is kept, is a matter of the other tool. */
export const tellLogLoss = ({ name, log }: Service, root: string, { lose }: LossList): void => {
  const isUsual = log.file === path.join(root, defaultLogFile(name)) && log.maxSize === defaultLog.maxSize;
  if (!isUsual || log.keep !== defaultLog.keep || log.split !== defaultLog.split) lose(name, '"log"');
};

/** Nothing on this machine looks at them; `known` are those that the other tool has a word for. */
export const tellClusterLosses = (
  { name, cluster }: Service,
  known: readonly ('image' | 'build')[],
  { lose }: LossList,
): void => {
  const { requests, limits } = cluster.resources;
  const has = {
    image: cluster.image !== null,
    build: cluster.build !== null,
    expose: cluster.expose !== null,
    resources: [requests, limits].some(({ cpu, memory }) => cpu !== null || memory !== null),
  };
  const lost = Object.entries(has).filter(([field, isThere]) => isThere && !known.some((each) => each === field));
  if (lost.length > 0) lose(name, `${lost.map(([field]) => `"${field}"`).join(', ')}, which only a cluster looks at`);
};
