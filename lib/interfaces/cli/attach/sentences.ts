import type { Outcome } from '../../../domain/outcome.ts';
import type { Ms } from '../../../domain/service.ts';
import type { StackSnapshot } from '../../../domain/snapshot.ts';
import { formatDuration } from '../../../domain/words.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import type { BootReport } from '../../control.ts';
import { toCommandLine } from '../connect.ts';
import type { CommandContext } from '../context.ts';
import type { Theme } from '../render/theme.ts';

const styles = { up: 'good', degraded: 'warn', failed: 'bad', 'timed-out': 'bad' } as const;

/** `shop is degraded after 2.1 s: without mail` */
export const renderVerdict = (
  { outcome, run }: BootReport,
  { name, services }: Pick<StackSnapshot, 'name' | 'services'>,
  theme: Theme,
): string =>
  services.length === 0
    ? theme.text(`${safe(name)}: there is nothing to start`)
    : renderVerdictOf({ outcome, name, took: run.duration }, theme);

/** `shop failed: the before_up hook exited with code 4: no disk (logs/muster.hooks.log); nothing runs: mend it, then muster up` */
export const renderRefusal = (why: string, again: string, { name }: Pick<StackSnapshot, 'name'>, theme: Theme): string =>
  theme.text(`${safe(name)} ${theme.paint('bad', 'failed')}: ${safe(why)}; nothing runs: mend it, then ${again}`);

type Verdict = {
  readonly outcome: Outcome;
  readonly name: string;
  /** Null: nothing was done that would have taken any time. */
  readonly took: Ms | null;
};

export const renderVerdictOf = ({ outcome, name, took }: Verdict, theme: Theme): string => {
  const isDegraded = outcome.verdict === 'degraded';
  const causes = outcome.causes.flatMap(({ name: cause, optional }) => (optional === isDegraded ? [cause] : []));
  const unwell = isDegraded ? (outcome.unwell ?? []) : [];
  const names = safe([...causes, ...unwell].join(', '));
  const why = names === '' ? '' : isDegraded ? `: without ${names}` : `: ${names}`;
  const word = outcome.verdict === 'timed-out' ? 'timed out' : outcome.verdict === 'failed' ? 'failed' : `is ${outcome.verdict}`;
  const time = took === null ? '' : ` after ${formatDuration(took)}`;
  return theme.text(`${safe(name)} ${theme.paint(styles[outcome.verdict], word)}${time}${why}`);
};

/** Where to look: the address of everything that speaks HTTP, by its label. */
export const renderAddresses = ({ services }: StackSnapshot, theme: Theme): string[] =>
  services.flatMap(({ label, url, state }) =>
    url !== null && state === 'ready' ? [`  ${theme.paint('bold', safe(url))}  ${safe(label)}`] : [],
  );

export const countServices = (count: number): string => `${count} ${count === 1 ? 'service' : 'services'}`;

/** The boot was cut off, and not by this command. */
export const tellTakenDown = (context: Pick<CommandContext, 'args' | 'env' | 'cwd' | 'stderr'>): void =>
  context.stderr.line(
    `muster up: somebody else asked for the end before the stack was up; "${toCommandLine(context, ['up'])}" boots it again`,
  );

/** Killed, or it could not say why it ended. */
export const tellGone = (context: Pick<CommandContext, 'args' | 'env' | 'cwd' | 'stderr'>): void =>
  context.stderr.line(
    `muster up: the supervisor is gone; its services live on, and "${toCommandLine(context, ['up'])}" takes them over`,
  );

const safe = (text: string): string => toSafeText(text, { colours: false });
