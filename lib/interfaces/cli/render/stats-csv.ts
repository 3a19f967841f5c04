import { toBlame } from '../../../domain/blame.ts';
import { bootTimeOf } from '../../../domain/fold.ts';
import type { RunRecord } from '../../../domain/history.ts';
import type { Ms, ServiceName } from '../../../domain/service.ts';

const columns = [
  'run',
  'started_at',
  'environment',
  'trigger',
  'run_outcome',
  'run_ms',
  'service',
  'outcome',
  'attempts',
  'satisfied_ms',
  'released_by',
  'spawned_ms',
  'ready_ms',
  'boot_ms',
  'critical_ms',
] as const;

/** One line for each service of each run (RFC 4180, with LF). Times in milliseconds since the run began; empty: it did not come to that. */
export const renderCsv = (runs: readonly RunRecord[], services: readonly ServiceName[]): string[] => [
  columns.join(','),
  ...runs.flatMap((run) => {
    const critical = new Map(toBlame(run).map(({ service, ms }) => [service, ms]));
    return Object.entries(run.services)
      .filter(([name]) => services.length === 0 || services.includes(name))
      .map(([name, timeline]) =>
        [
          run.id,
          new Date(run.startedAt).toISOString(),
          run.environment,
          run.trigger,
          run.outcome,
          toTenths(run.duration),
          name,
          timeline.outcome,
          timeline.attempts.length,
          toTenths(timeline.satisfied),
          timeline.releasedBy ?? '',
          toTenths(timeline.attempts.at(-1)?.spawned ?? null),
          toTenths(timeline.ready),
          toTenths(bootTimeOf(timeline)),
          toTenths(critical.get(name) ?? 0),
        ]
          .map(toCell)
          .join(','),
      );
  }),
];

const toTenths = (ms: Ms | null): number | '' => (ms === null ? '' : Math.round(ms * 10) / 10);

/** A text that a spreadsheet would take for a formula gets an apostrophe: names come from a file that others write. */
const toCell = (value: string | number): string => {
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
