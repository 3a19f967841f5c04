import type { RootCause } from '../../../domain/outcome.ts';
import type { PortRefusal } from '../../../domain/process.ts';
import type { Failure } from '../../../domain/state.ts';
import { describeChain, describeStopReason } from '../../../domain/state-words.ts';
import { describeExit, describeFailure, type ToTime } from '../../../domain/words.ts';
import { truncateToWidth } from '../../../util/ansi.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import { createTheme, type Look, type Theme } from './theme.ts';
import { wrapText } from './wrap.ts';

/** Everything there is to say about one root cause. */
export type FailureReport = {
  readonly cause: RootCause;
  readonly label: string;
  /** The last lines of the attempt that failed, oldest first; empty where it printed nothing. */
  readonly logLines: readonly string[];
  /** As the user would type it. */
  readonly logFile: string;
  /** What shows more of them, where they are in no file of this machine; null: they are. */
  readonly logCommand?: string | null;
  /** What the last probe was answered; null where none was asked. */
  readonly lastProbe: string | null;
  /** What else was noticed of it and may explain the failure, each in one clause. */
  readonly notes?: readonly string[];
  /** The command to try again: `muster up`, with the options that were given. */
  readonly again: string;
};

export type FailureOptions = Look & { readonly width: number | null; readonly toTime?: ToTime };

const longest = 12;
const mostNotes = 3;

/** What failed, why, what it said last, what it kept from starting, and what to type next: at most twelve lines for one root. */
export const renderFailure = (report: FailureReport, options: FailureOptions): string[] => {
  const theme = createTheme(options);
  const { logLines, cause } = report;
  const head = renderHead(report, theme, options);
  const probe = report.lastProbe === null ? [] : [`  last probe: ${safe(report.lastProbe)}`];
  const stopped = renderSkipped(cause, theme);
  const notes = (report.notes ?? []).slice(0, mostNotes).map((note) => theme.text(`  note: ${safe(note)}`));
  const next = theme.paint('bold', `  next: ${adviceFor(report)}`);
  const room = longest - head.length - probe.length - stopped.length - notes.length - 2;
  const said = (room <= 0 ? [] : logLines.slice(-room)).map((line) =>
    theme.text(`  │ ${toSafeText(line, { colours: theme.colour })}`),
  );
  const lines = [...head, ...renderLog(report, said), ...probe, ...stopped, ...notes, next];
  const { width } = options;
  return width === null ? lines : lines.map((line) => (line === next ? line : truncateToWidth(line, width)));
};

const renderLog = ({ cause, logFile, logCommand = null }: FailureReport, said: readonly string[]): readonly string[] => {
  if (logCommand !== null) return said.length === 0 ? [] : ['  last lines of its pod:', ...said];
  if (!ran(cause)) return [];
  return said.length === 0 ? [`  it printed nothing to ${safe(logFile)}`] : [`  last lines of ${safe(logFile)}:`, ...said];
};

/** What failed and why, on as many lines as it takes, up to three. */
const renderHead = ({ cause, label }: FailureReport, theme: Theme, { width, toTime = null }: FailureOptions): string[] => {
  const { name, state, optional } = cause;
  const roles = [label === name ? null : safe(label), optional ? 'optional' : null].filter((role) => role !== null);
  const subject = `${name}${roles.length === 0 ? '' : ` (${roles.join(', ')})`}`;
  const [first = '', ...rest] = wrapText(`${subject} ${theme.text(safe(tellEnd(cause, toTime)))}`, {
    width: width === null ? null : width - 2,
    most: 3,
  });
  return [
    `${theme.shape(state.kind, optional)} ${theme.paint('bold', name)}${first.slice(name.length)}`,
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
      return `failed${tries}: ${describeFailure(withoutProbe(state.failure), toTime)}`;
    }
    case 'stopped':
      return describeStopReason(state.reason) ?? 'was stopped';
    case 'completed':
      return state.exit.code === 0 ? 'ended by itself' : describeExit(state.exit);
  }
};

/** The probe's answer has a line of its own. */
const withoutProbe = (failure: Failure): Failure => (failure.kind === 'not-ready' ? { ...failure, lastProbe: null } : failure);

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

/** One line that can be typed, or one thing to change in the file. */
const adviceFor = ({ cause, logFile, logCommand = null, logLines, again }: FailureReport): string => {
  const { state } = cause;
  if (logCommand !== null)
    return logLines.length === 0 ? `mend ${cause.name}, then ${again}` : `${safe(logCommand)}, then ${again}`;
  const whole = `tail -n 50 ${quoted(logFile)}`;
  if (state.kind !== 'failed') return again;
  const { failure } = state;
  switch (failure.kind) {
    case 'port':
      if (failure.refusal.why === 'none-free') return `widen port_range of ${cause.name}, then ${again}`;
      if (failure.refusal.advice !== undefined) return `${safe(failure.refusal.advice)}; then ${again}`;
      if (isHeldByOurs(failure.refusal)) return `${again} again (takes over or ends what an earlier run left)`;
      return failure.refusal.why === 'invisible'
        ? `free port ${failure.refusal.port}, then ${again}`
        : `${again} --force (ends the holder, after asking), or set another port`;
    case 'spawn':
      if (failure.failure.searched !== undefined) return `install it, or mend the command of ${cause.name}; then ${again}`;
      if (failure.failure.stage === 'program') return `mend the command of ${cause.name}, then ${again}`;
      return failure.failure.stage === 'cwd'
        ? `mend the cwd of ${cause.name}, then ${again}`
        : `mend the log of ${cause.name}, then ${again}`;
    case 'boot-timeout':
      return `raise boot_timeout, or ${again} again`;
    case 'survived':
      return `ps -fp ${failure.survivors.map(({ pid }) => pid).join(',')}, then end what should not run`;
    case 'not-ready':
      if (logLines.length === 0) return `see what ${cause.name} waits for, or raise its health_timeout; then ${again}`;
      return `${whole}, then ${again}`;
    case 'hook':
      if (logLines.length === 0) return `mend the ${failure.hook} hook of ${cause.name}, then ${again}`;
      return `${whole}, then ${again}`;
    case 'exited':
    case 'unhealthy':
    case 'earlier':
      return `${whole}, then ${again}`;
  }
};

/** A service of this very stack, from an earlier run. A holder that belongs to another stack comes with advice of its own. */
const isHeldByOurs = ({ why, holders }: PortRefusal): boolean =>
  (why === 'stranger' || why === 'stuck') && holders.some(({ marker }) => marker !== null);

const quoted = (path: string): string => (/^[\w./@%+,:-]+$/.test(path) ? path : `'${safe(path).replaceAll("'", "'\\''")}'`);

const safe = (text: string): string => toSafeText(text, { colours: false });
