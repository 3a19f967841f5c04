import type { StackSnapshot } from '../../../domain/snapshot.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import { toCommandOfRunning } from '../connect.ts';
import type { CommandContext } from '../context.ts';
import { type OtherFile, tellOther } from '../other-file.ts';
import { ask } from './ask-force.ts';

/**
 * `up --env` of another environment than the one that runs restarts what is another in it: that is said, and, where somebody is
 * there, asked. Programs have said what they want. Null: go on; else the exit code, and nothing was changed.
 */
export const askBeforeSwitch = async (
  { name, environment }: Pick<StackSnapshot, 'name' | 'environment'>,
  wanted: string,
  { args, stderr }: Pick<CommandContext, 'args' | 'stderr'>,
): Promise<number | null> => {
  if (environment === wanted) return null;
  stderr.line(
    `muster up: ${toSafeText(name, { colours: false })} runs in environment "${environment}"; this makes it "${wanted}", and restarts what is another there`,
  );
  if (args.flag('yes') || !isAnybodyThere(stderr)) return null;
  return await askToSwitch();
};

/**
 * `up` of another file than the one that runs ends what only that one has: that is asked, and refused where nobody could be. Null:
 * go on; else the exit code, and nothing was changed.
 */
export const askBeforeOtherFile = async (
  other: OtherFile,
  context: Pick<CommandContext, 'args' | 'stderr' | 'env' | 'cwd'>,
): Promise<number | null> => {
  const { args, stderr } = context;
  const isAsked = isAnybodyThere(stderr);
  const choice = `"${toCommandOfRunning(context, other, ['down'])}" first, or --yes to put the other in its place`;
  stderr.line(
    `muster up: ${tellOther(other)}; a folder has one stack at a time${isAsked || args.flag('yes') ? '' : `: ${choice}`}`,
  );
  if (args.flag('yes')) return null;
  return isAsked ? await askToSwitch() : 2;
};

const isAnybodyThere = ({ isTTY }: CommandContext['stderr']): boolean => process.stdin.isTTY === true && isTTY;

const askToSwitch = async (): Promise<number | null> => {
  const answer = await ask('Switch? [y/N] ');
  if (answer === 'interrupted') return 130;
  return /^y(es)?$/i.test(answer.trim()) ? null : 2;
};
