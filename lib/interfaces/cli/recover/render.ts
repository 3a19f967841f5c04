import type { ServiceName } from '../../../domain/service.ts';
import type { ServiceSnapshot, StackSnapshot } from '../../../domain/snapshot.ts';
import { tellStory } from '../../../domain/state-words.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import { sentenceOfBackground, toCommandLine } from '../connect.ts';
import type { CommandContext } from '../context.ts';
import { exitCodeOfAmiss } from '../render/actions.ts';
import { adviceAfterLine } from '../render/advice.ts';
import { isUp } from '../render/status.ts';
import { createTheme } from '../render/theme.ts';
import type { Reaped } from './reap.ts';

/** What `recover` did, and how it ended. */
export type Recovery = {
  /** A supervisor was there; else one was started in the background. */
  readonly wasRunning: boolean;
  readonly reaped: readonly Reaped[];
  /** As they were, with their processes. */
  readonly adopted: readonly ServiceName[];
  /** Started, or started again. */
  readonly started: readonly ServiceName[];
  /** Remembered, and no longer in the file. */
  readonly missing: readonly ServiceName[];
  readonly snapshot: StackSnapshot;
  readonly took: number;
};

/** Tells it, for people or for programs. The answer is the exit code. */
export const tellRecovery = (context: CommandContext, recovery: Recovery): number => {
  const { args, stdout } = context;
  const { reaped, adopted, started, missing, snapshot, wasRunning, took } = recovery;
  const about = new Set([...adopted, ...started]);
  const services = snapshot.services.filter(({ name }) => about.has(name));
  const amiss = services.filter((service) => !isUp(service) && !service.optional);
  const left = reaped.filter(({ isGone }) => !isGone);
  const code = exitCodeOfAmiss(amiss, snapshot) || (left.length > 0 ? 1 : 0);
  const ok = code === 0;
  if (args.flag('json')) {
    const states = services.map(({ name, state, pid, reason }) => ({ name, state, pid, reason }));
    const data = { ok, wasRunning, reaped, adopted, started, missing, took: Math.round(took), services: states };
    stdout.line(JSON.stringify(data, null, 2));
    return code;
  }
  const theme = createTheme(stdout);
  const list = (names: readonly string[]): string => safe([...new Set(names)].join(', '));
  const ended = reaped.filter(({ isGone }) => isGone).map(({ service, pid }) => `${service} (pid ${pid})`);
  if (ended.length > 0) stdout.line(`ended what nobody supervised: ${list(ended)}`);
  for (const { service, pid, command } of left)
    stdout.line(`${theme.paint('bad', 'not ended')} ${safe(service)}: pid ${pid} (${safe(command)})`);
  if (adopted.length > 0) stdout.line(`took over as they are: ${list(adopted)}`);
  if (missing.length > 0) stdout.line(`no longer in the file: ${list(missing)}`);
  const asked = services.filter(({ name }) => started.includes(name));
  const tell = (what: string, those: readonly ServiceSnapshot[]): void => {
    if (those.length > 0) stdout.line(theme.text(`${what}: ${list(those.map(({ name }) => name))}`));
  };
  tell(
    'brought back',
    asked.filter((service) => isUp(service) && service.state !== 'completed'),
  );
  tell(
    'ran to its end',
    asked.filter((service) => isUp(service) && service.state === 'completed'),
  );
  for (const service of services.filter((one) => !isUp(one))) {
    const { name, state } = service;
    stdout.line(`${theme.paint('bad', 'not brought back')} ${safe(name)}: ${state}${note(tellStory(service))}`);
  }
  const [first] = amiss;
  const toType = (words: readonly string[]): string => toCommandLine(context, words);
  if (first !== undefined)
    stdout.line(theme.paint('bold', `next: ${adviceAfterLine(first.name, snapshot.outcome.causes, toType)}`));
  else if (about.size === 0 && reaped.length === 0) stdout.line('there is nothing to recover: all that should run does');
  if (!wasRunning) stdout.line(theme.paint('dim', sentenceOfBackground(context)));
  return code;
};

const note = (story: string): string => (story === '' ? '' : `, ${safe(story)}`);

const safe = (text: string): string => toSafeText(text, { colours: false });
