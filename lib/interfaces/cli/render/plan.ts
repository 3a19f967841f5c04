import type { Plan, PlannedService } from '../../../domain/plan.ts';
import type { Service, Stack } from '../../../domain/service.ts';
import { formatDuration } from '../../../domain/words.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import { describeEdge } from './graph.ts';
import { type Column, renderFolded } from './table.ts';
import { createTheme, type Look, type Theme } from './theme.ts';
import { wrapText } from './wrap.ts';

/** What runs at this moment, as far as the memory and the system say. */
export type Running = { readonly pid: number; readonly unchanged: boolean };

export type PlanInput = {
  readonly stack: Stack;
  readonly plan: Plan;
  readonly running: ReadonlyMap<string, Running>;
};

export type PlanLook = Look & {
  /** Absent or null: nobody counts columns. */
  readonly width?: number | null;
};

export const renderPlan = (input: PlanInput, { width = null, ...look }: PlanLook): string[] => {
  const { stack, plan } = input;
  const theme = createTheme(look);
  const services = [...plan.services.values()];
  // What may be long comes last, where it is the first to go below its line.
  const columns = [
    ...(plan.memory === 'none' ? certainColumns : [markColumn, ...certainColumns, ...timeColumns]),
    ...(input.running.size === 0 ? [] : [{ title: 'NOW' }]),
    { title: 'WAITS FOR' },
  ];
  const rows = services.map((planned) => toRow(planned, input, theme));
  return [
    `${theme.paint('bold', safe(stack.name))}: ${services.length} ${services.length === 1 ? 'service' : 'services'}, ${safe(stack.environment)}${
      plan.maxParallel === null ? '' : `, ${plan.maxParallel} starting at once`
    }`,
    ...(services.length === 0 ? [] : renderFolded(columns, rows, { theme, width })),
    ...(services.length === 0 ? [] : wrapText(tellTotal(plan, theme), { width, most: Number.POSITIVE_INFINITY, cut: theme.cut })),
  ];
};

const certainColumns: readonly Column[] = [{ title: 'SERVICE' }, { title: 'PORTS' }];
const markColumn: Column = { title: '' };
const timeColumns: readonly Column[] = [
  { title: 'STARTS', align: 'right' },
  { title: 'TAKES', align: 'right' },
  { title: 'READY', align: 'right' },
  { title: 'SLACK', align: 'right' },
];

const toRow = (planned: PlannedService, { stack, plan, running }: PlanInput, theme: Theme): string[] => {
  const service = stack.services.get(planned.name);
  const isKnown = plan.memory !== 'none';
  const edges = service?.dependsOn.map((edge) => describeEdge(edge, stack.services)) ?? [];
  const now = running.get(planned.name);
  const takes = planned.expected === null ? (planned.neverReady ? theme.text('–') : '?') : formatDuration(planned.expected);
  return [
    ...(isKnown ? [planned.critical ? theme.paint('busy', '*') : ''] : []),
    `${safe(planned.name)}${service?.type === 'task' ? theme.paint('dim', ' (task)') : ''}${service?.optional === true ? theme.paint('dim', ' (optional)') : ''}`,
    service === undefined ? '' : safe(describePorts(service)),
    ...(isKnown
      ? [
          formatDuration(planned.start),
          takes,
          tellReady(planned, plan, theme),
          planned.critical ? '' : Number.isFinite(planned.slack) ? formatDuration(planned.slack) : theme.text('–'),
        ]
      : []),
    ...(running.size === 0 ? [] : [now === undefined ? '' : `runs (pid ${now.pid})${now.unchanged ? '' : ', changed since'}`]),
    safe(edges.join(', ')),
  ];
};

const tellReady = ({ name, neverReady, ready, weight }: PlannedService, { unknown }: Plan, theme: Theme): string => {
  if (!neverReady) return formatDuration(ready);
  return unknown.includes(name) ? theme.text('–') : `fails after ${formatDuration(weight)}`;
};

/** `3000`, `http 3000, admin 3001`, `3000 or next`, `auto`. */
export const describePorts = ({ ports, portConflict }: Pick<Service, 'ports' | 'portConflict'>): string =>
  ports
    .map(
      ({ name, wanted }) =>
        `${name === null ? '' : `${name} `}${wanted ?? 'auto'}${portConflict === 'next' && wanted !== null ? ' or next' : ''}`,
    )
    .join(', ');

const tellTotal = ({ memory, total, critical, unknown, unseen, services }: Plan, theme: Theme): string => {
  if (memory === 'none' || total === null) return 'no memory yet: the first boot will tell how long it takes';
  const path = critical.length < 2 ? '' : theme.text(`; critical path (*): ${safe(critical.join(' → '))}`);
  const awaited = (names: readonly string[]): number =>
    names.filter((name) => Number.isFinite(services.get(name)?.slack ?? 0)).length;
  const neverReady = awaited(unknown.filter((name) => !unseen.includes(name)));
  const guesses = [
    awaited(unseen) === 0 ? null : `${awaited(unseen)} not seen before`,
    neverReady === 0 ? null : `${neverReady} not seen ready yet`,
  ].filter((part) => part !== null);
  const guessed = guesses.length === 0 ? '' : ` (${guesses.join(', ')}, guessed at 1 s each)`;
  return `usually ready after ${formatDuration(total)}${guessed}${path}`;
};

const safe = (text: string): string => toSafeText(text, { colours: false });
