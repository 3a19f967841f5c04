import { createInterface } from 'node:readline';
import type { PortHolder } from '../../../domain/process.ts';
import { describeHolder } from '../../../domain/words.ts';
import type { Session } from '../../../supervisor/session.ts';
import type { CommandContext } from '../context.ts';
import { toMoment } from '../render/time.ts';

/**
 * `--force` ends strangers, so it shows who they are first, and asks; where nobody can answer, only `--yes` counts as yes.
 * Null: go on. Else the exit code: nobody is ended.
 */
export const askBeforeForce = async (session: Session, { args, stderr }: CommandContext): Promise<number | null> => {
  const strangers = await session.findStrangers();
  if (strangers.length === 0) return null;
  stderr.line('--force will end:');
  stderr.lines(strangers.map((holder) => `  ${tellHolder(holder)}`));
  if (args.flag('yes')) {
    session.condemn(strangers);
    return null;
  }
  if (!process.stdin.isTTY || !stderr.isTTY) {
    stderr.line('muster up: nobody is here to be asked; add --yes to end them');
    return portConflict;
  }
  const answer = await ask('End them? [y/N] ');
  if (answer === 'interrupted') return 130;
  if (!/^y(es)?$/i.test(answer.trim())) return portConflict;
  session.condemn(strangers);
  return null;
};

const portConflict = 3;

/** The answer; empty at end of input (Ctrl-D). */
const ask = (question: string): Promise<string> =>
  new Promise((resolve) => {
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

const tellHolder = (holder: PortHolder): string => `port ${holder.port}: ${describeHolder(holder, toMoment)}`;
