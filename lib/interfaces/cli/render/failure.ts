import { delimiter } from 'node:path';
import type { RootCause } from '../../../domain/outcome.ts';
import { noPath } from '../../../domain/process.ts';
import type { Failure } from '../../../domain/state.ts';
import { describeChain, describeStopReason } from '../../../domain/state-words.ts';
import { describeExit, describeFailure, type ToTime } from '../../../domain/words.ts';
import { displayWidth } from '../../../util/ansi.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import { type Advised, adviceFor } from './advice.ts';
import { createTheme, type Look, type Theme } from './theme.ts';
import { wrapHanging, wrapText } from './wrap.ts';
import { renderOutput } from './wrap-output.ts';

/** Everything there is to say about one root cause. */
export type FailureReport = Advised & {
  /** As the user would type it. */
  readonly logFile: string;
  readonly label: string;
  /** What the last probe was answered; null where none was asked. */
  readonly lastProbe: string | null;
  /** What else was noticed of it and may explain the failure, each in one clause. */
  readonly notes?: readonly string[];
};

export type FailureOptions = Look & {
  readonly width: number | null;
  readonly toTime?: ToTime;
  /** When it failed, where no other line says so; painted. */
  readonly time?: string;
};

const longest = 12;
const mostNotes = 3;

/** What failed, why, what it said last, what it kept from starting, and what to type next: at most twelve lines for one root. */
export const renderFailure = (report: FailureReport, options: FailureOptions): string[] => {
  const theme = createTheme(options);
  const { logLines, cause } = report;
  const head = renderHead(report, theme, options);
  const searched = renderSearched(cause, theme, options.width);
  const { width } = options;
  const probe = renderProbe(report, theme, width);
  const stopped = renderSkipped(cause, theme);
  const notes = (report.notes ?? []).slice(0, mostNotes).map((note) => theme.text(`  note: ${safe(note)}`));
  const next = wrapHanging(`  next: ${adviceFor(report)}`, width, '  ').map((line) => theme.paint('bold', line));
  const room = longest - head.length - searched.length - probe.length - stopped.length - notes.length - next.length - 1;
  const said = room <= 0 ? [] : renderOutput(logLines, { theme, width, lines: room, rows: room });
  const lines = [...head, ...searched, ...renderLog(report, said), ...probe, ...stopped, ...notes];
  // What is to be typed is never cut.
  return [...lines.map((line) => theme.cut(line, width)), ...next];
};

const renderProbe = ({ lastProbe }: FailureReport, theme: Theme, width: number | null): string[] => {
  if (lastProbe === null) return [];
  const text = theme.text(`last probe: ${safe(lastProbe)}`);
  return wrapText(text, { width: width === null ? null : width - 2, most: 2, cut: theme.cut }).map((line) => `  ${line}`);
};

const renderLog = ({ cause, logFile, logCommand = null }: FailureReport, said: readonly string[]): readonly string[] => {
  if (logCommand !== null) return said.length === 0 ? [] : ['  last lines of its pod:', ...said];
  if (!ran(cause)) return [];
  return said.length === 0 ? [`  it printed nothing to ${safe(logFile)}`] : [`  last lines of ${safe(logFile)}:`, ...said];
};

/** What failed and why, on as many lines as it takes, up to three. */
const renderHead = (
  { cause, label }: FailureReport,
  theme: Theme,
  { width, toTime = null, time = '' }: FailureOptions,
): string[] => {
  const begin = time === '' ? '' : `${time} `;
  const { name, state, optional } = cause;
  const roles = [label === name ? null : safe(label), optional ? 'optional' : null].filter((role) => role !== null);
  const subject = `${name}${roles.length === 0 ? '' : ` (${roles.join(', ')})`}`;
  const [first = '', ...rest] = wrapText(`${subject} ${theme.text(safe(tellEnd(cause, toTime)))}`, {
    width: width === null ? null : width - 2 - displayWidth(begin),
    most: 3,
    cut: theme.cut,
  });
  return [
    `${begin}${theme.shape(state.kind, optional)} ${theme.paint('bold', name)}${first.slice(name.length)}`,
    ...rest.map((line) => `  ${line}`),
  ];
};

const tellEnd = ({ state }: RootCause, toTime: ToTime): string => {
  switch (state.kind) {
    case 'failed': {
      const tries =
        state.breakerOpen && state.restarts > 0
          ? ` (after ${state.restarts} ${state.restarts === 1 ? 'restart' : 'restarts'})`
          : '';
      return `failed${tries}: ${describeFailure(withoutDetails(state.failure), toTime)}`;
    }
    case 'stopped':
      return describeStopReason(state.reason) ?? 'was stopped';
    case 'unhealthy':
      return `is unhealthy: ${state.detail}`;
    case 'completed':
      return state.exit.code === 0 ? 'ended by itself' : describeExit(state.exit);
  }
};

/** What has lines of its own: the probe's answer, and where the program was looked for. */
const withoutDetails = (failure: Failure): Failure => {
  if (failure.kind === 'not-ready') {
    const { misplaced: _, ...rest } = failure;
    return { ...rest, lastProbe: null };
  }
  if (failure.kind !== 'spawn') return failure;
  const { searched: _, ...rest } = failure.failure;
  return { kind: 'spawn', failure: rest };
};

/** Where a program was looked for: each folder once, as PATH spells it; to be broken between two of them. */
const renderSearched = ({ state }: RootCause, theme: Theme, width: number | null): string[] => {
  if (state.kind !== 'failed' || state.failure.kind !== 'spawn') return [];
  const { searched } = state.failure.failure;
  if (searched === undefined) return [];
  const folders = [...new Set(searched.split(delimiter))].join(', ');
  const text = theme.text(searched === noPath ? 'searched: nowhere, PATH is not set' : `searched: ${safe(folders)}`);
  return wrapText(text, { width: width === null ? null : width - 2, most: 3, cut: theme.cut }).map((line) => `  ${line}`);
};

/** Each service that it kept from starting, by its chain; many are counted. */
const renderSkipped = ({ skipped }: RootCause, theme: Theme): string[] => {
  if (skipped.length === 0) return [];
  const shown = skipped.slice(0, 2).map((chain) => theme.text(safe(describeChain(chain))));
  const more = skipped.length - shown.length;
  return [`  kept from starting: ${shown.join(', ')}${more === 0 ? '' : ` and ${more} more`}`];
};

/** Whether there was a process that could have printed anything. */
const ran = ({ state }: RootCause): boolean =>
  state.kind !== 'failed' || !['spawn', 'port', 'boot-timeout'].includes(state.failure.kind) || isOwnWord(state.failure);

const isOwnWord = (failure: Failure): boolean => failure.kind === 'port' && failure.refusal.why === 'service-said-in-use';

const safe = (text: string): string => toSafeText(text, { colours: false });
