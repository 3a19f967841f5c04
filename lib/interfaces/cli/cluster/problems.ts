import type { CommandContext } from '../context.ts';
import type { Prepared } from './prepare.ts';

/** What keeps a stack from a cluster, all at once. True: there is something. */
export const tellProblems = (
  { args, stdout, stderr }: CommandContext,
  command: string,
  { problems, losses }: Prepared,
): boolean => {
  if (problems.length === 0) return false;
  if (args.flag('json')) stdout.line(JSON.stringify({ ok: false, problems, losses }));
  else
    for (const { service, text } of problems) stderr.line(`muster ${command}: ${service === null ? '' : `${service}: `}${text}`);
  return true;
};

/** Options that say nothing on a cluster are refused rather than dropped. True: one was given. */
export const refuseOptions = (
  { args, stderr }: CommandContext,
  command: string,
  refused: Readonly<Record<string, string>>,
): boolean => {
  for (const [name, instead] of Object.entries(refused)) {
    if (!args.flag(name) && args.text(name) === null) continue;
    stderr.line(`muster ${command}: --${name} is for this machine: ${instead}`);
    return true;
  }
  return false;
};
