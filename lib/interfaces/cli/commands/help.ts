import { didYouMean } from '../../../util/did-you-mean.ts';
import type { CommandContext } from '../context.ts';
import { renderHelp } from '../help.ts';
import { commands, findCommand } from '../registry.ts';

export const run = async ({ args, stdout, stderr }: CommandContext): Promise<number> => {
  const [name] = args.positionals;
  const command = name === undefined ? null : findCommand(name);
  if (name !== undefined && command === null) {
    const meant = didYouMean(
      name,
      commands.map((spec) => spec.name),
    );
    stderr.line(
      `muster: unknown command "${name}"; ${meant === null ? '"muster help" lists the commands' : `did you mean "${meant}"?`}`,
    );
    return 2;
  }
  stdout.lines(renderHelp(command));
  return 0;
};
