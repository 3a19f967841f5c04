import { defaultRestart } from '../../../domain/defaults.ts';
import { formatDuration } from '../../../util/duration.ts';
import type { DraftField, DraftValue } from '../draft.ts';
import type { MapReader } from '../reader.ts';
import { signalNames, toSignal } from '../signals.ts';
import type { ComposeContext } from './context.ts';
import { readDuration } from './healthcheck.ts';

/** Docker says 0 for it; muster has no word for it, and this many are never reached. */
const unlimited = 1_000_000;
const unlimitedNote = `0 is no limit there; here "max" is ${unlimited}, which comes to the same`;

/** `restart`, and `deploy.restart_policy` over it. */
export const toRestart = (
  service: MapReader,
  deploy: MapReader | null,
  isTask: boolean,
  { ledger }: ComposeContext,
): readonly DraftField[] => {
  const policy = deploy?.map('restart_policy') ?? null;
  if (policy !== null) {
    if (service.entry('restart') !== null) service.lose('restart', '"deploy.restart_policy" says otherwise');
    const condition = policy.text('condition') ?? 'any';
    const delay = readDuration(policy, 'delay', ledger);
    const window = readDuration(policy, 'window', ledger);
    const max = policy.whole('max_attempts', 0);
    policy.finish({});
    const isAlways = condition !== 'none' && condition !== 'on-failure';
    if (isAlways && isTask) {
      const why = 'others wait for its end, so it is started again only when it fails';
      if (policy.entry('condition') === null) ledger.note(policy.spot, why);
      else policy.lose('condition', why);
    }
    if (max === 0) policy.note('max_attempts', unlimitedNote);
    const value: DraftValue = {
      policy: condition === 'none' ? 'no' : isAlways && !isTask ? 'always' : 'on-failure',
      ...(delay === null ? {} : { delay: formatDuration(delay) }),
      ...(max === null ? {} : { max: max === 0 ? unlimited : max }),
      ...(window === null || window === 0 ? {} : { window: formatDuration(window) }),
    };
    return [{ key: 'restart', value }];
  }
  const written = service.text('restart');
  if (written === null) return [];
  const [, how = written, count] = /^(no|false|always|unless-stopped|on-failure)(?::(\d+))?$/.exec(written) ?? [];
  switch (how) {
    case 'no':
    case 'false':
      return [{ key: 'restart', value: 'no' }];
    case 'on-failure': {
      const max = count === undefined ? defaultRestart.max : Number(count);
      if (max === 0) service.note('restart', unlimitedNote);
      const value = max === defaultRestart.max ? how : { policy: how, max: max === 0 ? unlimited : max };
      return [{ key: 'restart', value }];
    }
    case 'always':
    case 'unless-stopped':
      if (isTask) {
        service.lose('restart', 'others wait for its end, so it cannot be restarted always');
        return [];
      }
      if (how === 'unless-stopped') service.note('restart', '"always": what is stopped by hand stays stopped anyway');
      return [{ key: 'restart', value: 'always' }];
    default:
      service.lose('restart', `"${written}" is no policy that is known before the start`);
      return [];
  }
};

export const toStop = (service: MapReader, { ledger }: ComposeContext): readonly DraftField[] => {
  const written = service.text('stop_signal');
  const signal = written === null ? null : toSignal(written);
  if (written !== null && signal === null) service.lose('stop_signal', `muster sends ${signalNames}`);
  const timeout = readDuration(service, 'stop_grace_period', ledger);
  if (signal === null && timeout === null) return [];
  return [
    {
      key: 'stop',
      value: { ...(signal === null ? {} : { signal }), ...(timeout === null ? {} : { timeout: formatDuration(timeout) }) },
    },
  ];
};

const mostReplicas = 1000;

/** `deploy.replicas` or `scale`, and what may be used and is reserved. */
export const toSizes = (service: MapReader, deploy: MapReader | null): readonly DraftField[] => {
  const replicas = deploy?.whole('replicas', 0, mostReplicas) ?? service.whole('scale', 0, mostReplicas);
  if (deploy !== null && deploy.entry('replicas') !== null && service.entry('scale') !== null)
    service.lose('scale', '"deploy.replicas" says otherwise');
  const resources = deploy?.map('resources') ?? null;
  const limits = resources?.map('limits') ?? null;
  const reserved = resources?.map('reservations') ?? null;
  const onCluster = {
    pids: 'muster sets no limits',
    devices: 'muster gives no devices',
    generic_resources: 'muster gives no devices',
  };
  const atMost = { ...toAmount(limits, 'cpus', 'memory'), ...(limits === null ? toAmount(service, 'cpus', 'mem_limit') : {}) };
  const atLeast = {
    ...toAmount(reserved, 'cpus', 'memory'),
    ...(reserved === null ? toAmount(service, null, 'mem_reservation') : {}),
  };
  limits?.finish(onCluster);
  reserved?.finish(onCluster);
  resources?.finish({});
  const value = { ...atLeast, ...(Object.keys(atMost).length === 0 ? {} : { limits: atMost }) };
  return [
    ...(replicas === null ? [] : [{ key: 'replicas', value: replicas }]),
    ...(Object.keys(value).length === 0 ? [] : [{ key: 'resources', value }]),
  ];
};

const toAmount = (map: MapReader | null, cpuKey: string | null, memoryKey: string): Readonly<Record<string, DraftValue>> => {
  const cpu = map === null || cpuKey === null ? null : map.number(cpuKey);
  if (map !== null && cpuKey !== null && cpu !== null && cpu < 0.001)
    map.lose(cpuKey, 'it is less than a thousandth of a processor');
  const written = map?.text(memoryKey) ?? null;
  const memory = written === null ? null : toMemory(written);
  if (written !== null && memory === null) map?.lose(memoryKey, `"${written}" is no size that is known before the start`);
  return { ...(cpu === null || cpu < 0.001 ? {} : { cpu }), ...(memory === null ? {} : { memory }) };
};

/** Docker's `M` is 1024 × 1024, which is `Mi` here. */
const toMemory = (written: string): string | number | null => {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)\s*([bkmg]?)i?b?$/i.exec(written.trim()) ?? [];
  if (amount === undefined) return null;
  if (unit === '' || unit.toLowerCase() === 'b') return Math.round(Number(amount));
  return `${amount}${unit.toUpperCase()}i`.replace('Ki', 'KiB').replace('Mi', 'MiB').replace('Gi', 'GiB');
};
