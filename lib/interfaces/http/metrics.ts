import type { History } from '../../domain/history.ts';
import type { Ms } from '../../domain/service.ts';
import type { StackSnapshot } from '../../domain/snapshot.ts';
import { stateKinds } from '../../domain/state.ts';
import type { ServiceUsage } from '../control.ts';

/** The text format of Prometheus, version 0.0.4. */
export const metricsType = 'text/plain; version=0.0.4; charset=utf-8';

export type MetricsInput = {
  readonly snapshot: StackSnapshot;
  readonly usage: readonly ServiceUsage[];
  readonly history: History;
  readonly version: string;
};

/** Upper limits of the buckets, in seconds. */
const buckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300] as const;

type Labels = Readonly<Record<string, string>>;
type Sample = { readonly labels?: Labels; readonly value: number; readonly suffix?: string };
type Family = {
  readonly name: string;
  readonly type: 'gauge' | 'counter' | 'histogram';
  readonly help: string;
  readonly samples: readonly Sample[];
};

export const renderMetrics = (input: MetricsInput): string =>
  `${[...stackFamilies(input), ...serviceFamilies(input), ...usageFamilies(input.usage), ...bootFamilies(input.history)]
    .filter(({ samples }) => samples.length > 0)
    .flatMap(renderFamily)
    .join('\n')}\n`;

const stackFamilies = ({ snapshot, version }: MetricsInput): Family[] => {
  const { outcome, name, environment, services, elapsed } = snapshot;
  const verdicts = ['up', 'degraded', 'failed', 'timed-out'] as const;
  return [
    gauge('muster_info', 'What runs here; always 1', [{ labels: { version, stack: name, environment }, value: 1 }]),
    gauge('muster_uptime_seconds', 'Since the supervisor began', [{ value: elapsed / 1000 }]),
    gauge('muster_services', 'Services of the stack', [{ value: services.length }]),
    gauge(
      'muster_stack_verdict',
      '1 for how the stack is, when it has settled',
      verdicts.map((verdict) => ({ labels: { verdict }, value: outcome.settled && outcome.verdict === verdict ? 1 : 0 })),
    ),
  ];
};

const serviceFamilies = ({ snapshot: { services } }: MetricsInput): Family[] => [
  gauge(
    'muster_service_state',
    '1 for the state that it is in',
    services.flatMap(({ name, state }) =>
      stateKinds.map((each) => ({ labels: { service: name, state: each }, value: each === state ? 1 : 0 })),
    ),
  ),
  gauge(
    'muster_service_healthy',
    '1: ready and well; 0: anything else. Tasks have none',
    services
      .filter(({ type }) => type === 'service')
      .map(({ name, state }) => ({ labels: { service: name }, value: state === 'ready' ? 1 : 0 })),
  ),
  {
    name: 'muster_service_attempts_total',
    type: 'counter',
    help: 'Times that it was started since the supervisor began, restarts included',
    samples: services.map(({ name, attempt }) => ({ labels: { service: name }, value: attempt })),
  },
  gauge(
    'muster_service_recent_restarts',
    'Restarts by its policy, within the window of that policy',
    services.map(({ name, restarts }) => ({ labels: { service: name }, value: restarts })),
  ),
];

const usageFamilies = (usage: readonly ServiceUsage[]): Family[] => {
  const samples = (pick: (one: ServiceUsage) => number | null): Sample[] =>
    usage.flatMap((one) => {
      const value = pick(one);
      return value === null ? [] : [{ labels: { service: one.name }, value }];
    });
  return [
    {
      name: 'muster_service_cpu_seconds_total',
      type: 'counter',
      help: 'CPU time of the living processes of its whole tree; begins anew when they are replaced',
      samples: samples(({ cpuTime }) => (cpuTime === null ? null : cpuTime / 1000)),
    },
    gauge(
      'muster_service_memory_bytes',
      'Memory of its whole process tree',
      samples(({ memory }) => memory),
    ),
    gauge(
      'muster_service_processes',
      'Processes of its tree',
      samples(({ processes }) => processes),
    ),
  ];
};

/** Of the boots that are remembered in full: when one is folded away, the counts begin anew, as after a restart. */
const bootFamilies = ({ runs }: History): Family[] => {
  const services = new Map<string, Ms[]>();
  for (const run of runs) {
    for (const [name, { attempts }] of Object.entries(run.services)) {
      const last = attempts.at(-1);
      if (last === undefined || last.ready === null || last.spawned === null) continue;
      const times = services.get(name) ?? [];
      times.push(last.ready - last.spawned);
      services.set(name, times);
    }
  }
  const up = runs.filter(({ outcome }) => outcome === 'up' || outcome === 'degraded');
  return [
    {
      name: 'muster_boot_duration_seconds',
      type: 'histogram',
      help: 'Boots that came up, from the beginning until everything had settled',
      samples: toHistogram(
        {},
        up.map(({ duration }) => duration),
      ),
    },
    {
      name: 'muster_service_boot_duration_seconds',
      type: 'histogram',
      help: 'From the spawn of a service to ready',
      samples: [...services].flatMap(([service, times]) => toHistogram({ service }, times)),
    },
  ];
};

const toHistogram = (labels: Labels, times: readonly Ms[]): Sample[] => [
  ...buckets.map((most) => ({
    labels: { ...labels, le: String(most) },
    suffix: '_bucket',
    value: times.filter((ms) => ms <= most * 1000).length,
  })),
  { labels: { ...labels, le: '+Inf' }, suffix: '_bucket', value: times.length },
  { labels, suffix: '_sum', value: times.reduce((sum, ms) => sum + ms, 0) / 1000 },
  { labels, suffix: '_count', value: times.length },
];

const gauge = (name: string, help: string, samples: readonly Sample[]): Family => ({ name, type: 'gauge', help, samples });

const renderFamily = ({ name, type, help, samples }: Family): string[] => [
  `# HELP ${name} ${help}`,
  `# TYPE ${name} ${type}`,
  ...samples.map(({ labels = {}, value, suffix = '' }) => `${name}${suffix}${renderLabels(labels)} ${value}`),
];

const renderLabels = (labels: Labels): string => {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
};

const escapeLabel = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
