import type { RemoteControl } from '../../control/client.ts';
import { awaitSignal } from '../../session/signals.ts';
import { toCommandLine } from '../connect.ts';
import type { CommandContext } from '../context.ts';
import { renderDown } from '../render/actions.ts';
import { createTheme } from '../render/theme.ts';

/** What one try of `up` came to; `again`: whoever supervised the stack has gone. */
export type Try = { readonly code: number } | { readonly again: true };

const sentences = {
  stopping: 'the stack that runs here is going down; it is booted again after that',
  fresh: 'the stack that runs here is taken down first, because of --fresh',
};

/**
 * Waits until a stack is down that somebody has asked to go down before we came, or that we ask to because of `--fresh`: what we
 * are here for comes after it.
 */
export const awaitEnd = async (
  { stderr }: CommandContext,
  control: Pick<RemoteControl, 'down'>,
  why: keyof typeof sentences,
): Promise<Try> => {
  stderr.line(`muster up: ${sentences[why]}`);
  const interrupted = awaitSignal();
  // Joins a stop that is under way, and resolves when another supervisor may follow.
  const down = control.down().then((result): Try => {
    if (result.survivors.length === 0) return { again: true };
    stderr.lines(renderDown(result, createTheme(stderr)));
    return { code: 1 };
  });
  try {
    return await Promise.race([down, interrupted.exitCode.then((code): Try => ({ code }))]);
  } finally {
    interrupted.unlisten();
  }
};

/** Of `up`: what the next one is to do as this one was asked to. */
const flagsOfBoot = ['detach', 'fail-fast', 'no-deps', 'no-watch', 'rollback', 'strict'] as const;

/** The rest would go down, too, and nobody has said that it is to come back. */
export const refuseFreshPart = (context: CommandContext): number => {
  const { args, stderr } = context;
  const environment = args.text('env');
  const again = [
    ...['up', '--fresh'],
    ...flagsOfBoot.flatMap((name) => (args.flag(name) ? [`--${name}`] : [])),
    ...(environment === null ? [] : ['--env', environment]),
    ...args.list('profile').flatMap((name) => ['--profile', name]),
    ...args.positionals,
  ];
  const commands = [['down'], again].map((words) => toCommandLine(context, words));
  stderr.line(`muster up: this stack runs, and --fresh takes all of it down; "${commands.join(' && ')}" boots these afresh`);
  return 2;
};
