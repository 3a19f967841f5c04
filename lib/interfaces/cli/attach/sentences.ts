import type { Outcome } from '../../../domain/outcome.ts';
import type { Ms } from '../../../domain/service.ts';
import type { StackSnapshot } from '../../../domain/snapshot.ts';
import { describeSurvivors, formatDuration } from '../../../domain/words.ts';
import type { BootResult } from '../../../supervisor/boot.ts';
import type { Session } from '../../../supervisor/session.ts';
import type { ShutdownResult } from '../../../supervisor/shutdown.ts';
import type { Theme } from '../render/theme.ts';

const styles = { up: 'good', degraded: 'warn', failed: 'bad', 'timed-out': 'bad' } as const;

/** `shop is degraded after 2.1 s: without mail` */
export const renderVerdict = ({ outcome, run }: BootResult, { stack }: Session, theme: Theme): string =>
  renderVerdictOf({ outcome, name: stack.name, took: run.duration }, theme);

type Verdict = { readonly outcome: Outcome; readonly name: string; readonly took: Ms };

export const renderVerdictOf = ({ outcome, name, took }: Verdict, theme: Theme): string => {
  const isDegraded = outcome.verdict === 'degraded';
  const causes = outcome.causes.flatMap(({ name: cause, optional }) => (optional === isDegraded ? [cause] : []));
  const unwell = isDegraded ? (outcome.unwell ?? []) : [];
  const names = [...causes, ...unwell].join(', ');
  const why = names === '' ? '' : isDegraded ? `: without ${names}` : `: ${names}`;
  const word = outcome.verdict === 'timed-out' ? 'timed out' : outcome.verdict === 'failed' ? 'failed' : `is ${outcome.verdict}`;
  return theme.text(`${name} ${theme.paint(styles[outcome.verdict], word)} after ${formatDuration(took)}${why}`);
};

/** Where to look: the address of everything that speaks HTTP, by its label. */
export const renderAddresses = ({ services }: StackSnapshot, theme: Theme): string[] =>
  services.flatMap(({ label, url, state }) =>
    url !== null && state === 'ready' ? [`  ${theme.paint('bold', url)}  ${label}`] : [],
  );

/** The proof of death, or what is left. */
export const renderStopped = ({ survivors, took }: ShutdownResult, theme: Theme): string[] => {
  if (survivors.length === 0) return [theme.text(`stopped in ${formatDuration(took)}; nothing is left`)];
  return survivors.map(({ name, survivors: left }) => `${theme.paint('bad', 'not stopped')} ${name}: ${describeSurvivors(left)}`);
};

export const countServices = (count: number): string => `${count} ${count === 1 ? 'service' : 'services'}`;
