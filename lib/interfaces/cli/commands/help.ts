import type { CommandContext } from '../context.ts';
import { renderHelp } from '../help.ts';
import { tellMistake, unknownCommand } from '../mistakes.ts';
import { findCommand } from '../registry.ts';

export const run = async ({ args, stdout, stderr }: CommandContext): Promise<number> => {
  const [name] = args.positionals;
  const command = name === undefined ? null : findCommand(name);
  if (name !== undefined && command === null) {
    stderr.line(tellMistake(unknownCommand(name)));
    return 2;
  }
  stdout.lines(renderHelp(command));
  return 0;
};
