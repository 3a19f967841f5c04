import type { StackSnapshot } from '../../../domain/snapshot.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import type { CommandContext } from '../context.ts';
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
  if (args.flag('yes') || !process.stdin.isTTY || !stderr.isTTY) return null;
  const answer = await ask('Switch? [y/N] ');
  if (answer === 'interrupted') return 130;
  return /^y(es)?$/i.test(answer.trim()) ? null : 2;
};
