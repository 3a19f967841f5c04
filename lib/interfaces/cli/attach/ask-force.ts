import { createInterface } from 'node:readline/promises';
import type { PortHolder } from '../../../domain/process.ts';
import { describeHolder } from '../../../domain/words.ts';
import type { Session } from '../../../supervisor/session.ts';
import type { CommandContext } from '../context.ts';
import { toMoment } from '../render/time.ts';

/**
 * `--force` ends strangers, so it shows who they are first, and asks; where nobody can answer, only `--yes` counts as yes.
 * True: go on.
 */
export const askBeforeForce = async (session: Session, { args, stderr }: CommandContext): Promise<boolean> => {
  const strangers = await session.findStrangers();
  if (strangers.length === 0) return true;
  stderr.line('--force will end:');
  stderr.lines(strangers.map((holder) => `  ${tellHolder(holder)}`));
  if (args.flag('yes')) return true;
  if (!process.stdin.isTTY || !stderr.isTTY) {
    stderr.line('muster up: nobody is here to be asked; add --yes to end them');
    return false;
  }
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await asking.question('End them? [y/N] ');
  asking.close();
  return /^y(es)?$/i.test(answer.trim());
};

const tellHolder = (holder: PortHolder): string => `port ${holder.port}: ${describeHolder(holder, toMoment)}`;
