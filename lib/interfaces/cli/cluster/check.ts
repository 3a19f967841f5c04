import type { CommandContext } from '../context.ts';
import { toRemarkLines } from '../render/remarks.ts';
import { prepareCluster } from './prepare.ts';
import { findMissingDockerfiles } from './starters.ts';

/** What stops the move to a cluster, and what is said less well there. Asks no cluster. */
export const checkForCluster = async (context: CommandContext): Promise<number> => {
  const { args, stdout } = context;
  const prepared = await prepareCluster(context, { names: [], allProfiles: args.flag('all-profiles') });
  if (prepared === null) return 2;
  const { losses, stack } = prepared;
  const problems = [...prepared.problems, ...(await findMissingDockerfiles(context, prepared.builds))];
  const ok = problems.length === 0 && !(args.flag('strict') && losses.length > 0);
  if (args.flag('json')) {
    stdout.line(JSON.stringify({ ok, services: stack.services.size, problems, losses }, null, 2));
    return ok ? 0 : 2;
  }
  stdout.lines([
    ...toRemarkLines(problems).map((line) => `error: ${line}`),
    ...toRemarkLines(losses).map((line) => `not carried over: ${line}`),
  ]);
  stdout.line(
    `${plural(stack.services.size, 'service')} for kubernetes, ${plural(problems.length, 'error')}, ${losses.length} not carried over`,
  );
  return ok ? 0 : 2;
};

const plural = (amount: number, word: string): string => `${amount} ${word}${amount === 1 ? '' : 's'}`;
