import type { CommandContext } from '../context.ts';
import { runInOurPlace, toShellCode } from '../exec/foreground-command.ts';
import { findServiceEnvironment } from '../exec/service-environment.ts';

/** Runs a command as the service would be run, and yet not as a part of it: no marker, so no stop ever ends it. */
export const run = async (context: CommandContext): Promise<number> => {
  const { args, stderr } = context;
  const [name = ''] = args.positionals;
  const [program = '', ...words] = args.rest;
  const found = await findServiceEnvironment(context, name);
  if (found === null) return 2;
  const end = await runInOurPlace({ program, args: words, cwd: found.service.cwd, env: found.env });
  if (end.kind === 'not-started') stderr.line(`muster exec: ${end.reason}`);
  return toShellCode(end);
};
