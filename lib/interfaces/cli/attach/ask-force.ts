import type { PortHolder } from '../../../domain/process.ts';
import { describeHolder } from '../../../domain/words.ts';
import { toMoment } from '../../../util/local-time.ts';
import type { CommandContext } from '../context.ts';

/** Who may be ended, which may be nobody; or the exit code: nobody is ended, and nothing is started. */
export type Consent =
  | { readonly ok: true; readonly agreed: readonly PortHolder[] }
  | { readonly ok: false; readonly exitCode: number };

/**
 * `--force` ends strangers, so it shows who they are first, and asks; where nobody can answer, only `--yes` counts as yes.
 */
export const askBeforeForce = async (
  strangers: readonly PortHolder[],
  { args, stderr }: Pick<CommandContext, 'args' | 'stderr'>,
): Promise<Consent> => {
  if (strangers.length === 0) return { ok: true, agreed: [] };
  stderr.line('--force will end:');
  stderr.lines(strangers.map((holder) => `  ${tellHolder(holder)}`));
  if (args.flag('yes')) return { ok: true, agreed: strangers };
  if (!process.stdin.isTTY || !stderr.isTTY) {
    stderr.line('muster up: nobody is here to be asked; add --yes to end them');
    return { ok: false, exitCode: portConflict };
  }
  const answer = await ask('End them? [y/N] ');
  if (answer === 'interrupted') return { ok: false, exitCode: 130 };
  if (/^y(es)?$/i.test(answer.trim())) return { ok: true, agreed: strangers };
  stderr.line(`muster up: nothing was started; ${strangers.map(tellKept).join(', ')}`);
  return { ok: false, exitCode: portConflict };
};

const tellKept = ({ port, process: holder }: PortHolder): string =>
  `port ${port} stays with ${holder === null ? 'an unseen process' : `pid ${holder.pid}`}`;

const portConflict = 3;

/** The answer; empty at end of input (Ctrl-D). */
export const ask = async (question: string): Promise<string> => {
  const { createInterface } = await import('node:readline');
  return new Promise((resolve) => {
    const asking = createInterface({ input: process.stdin, output: process.stderr });
    asking.on('SIGINT', () => {
      resolve('interrupted');
      asking.close();
    });
    asking.on('close', () => resolve(''));
    asking.question(question, (answer) => {
      resolve(answer);
      asking.close();
    });
  });
};

const tellHolder = (holder: PortHolder): string => `port ${holder.port}: ${describeHolder(holder, toMoment)}`;
