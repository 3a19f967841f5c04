import { backgroundVariable } from '../../../supervisor/addresses.ts';
import { ignoreStraySignals } from '../../session/signals.ts';
import type { CommandContext } from '../context.ts';

/**
 * Three ways to one supervisor: in a terminal it is started in the background, and this command is its client until it is
 * detached; with `-d` until the boot has settled; without a terminal it lives in this process, so that whoever ends this
 * command knows what dies with it. Where the stack runs already, each of them joins.
 */
export const run = async (context: CommandContext): Promise<number> => {
  if (context.args.text('on') !== null) return await (await import('../cluster/up.ts')).upOnCluster(context);
  const { args, stdout, env } = context;
  ignoreStraySignals();
  if (args.flag('dry-run')) return (await import('./plan.ts')).run(context);
  const loaded = await context.load({ only: args.positionals, noDeps: args.flag('no-deps') });
  if (loaded === null) return 2;
  if (env[backgroundVariable] === '1') {
    const end = await (await import('../attach/own.ts')).superviseHere(context, loaded, true);
    // The command that has started us joins whoever was first.
    return typeof end === 'number' ? end : 5;
  }
  const isDetached = args.flag('detach');
  const mode = isDetached ? 'detached' : stdout.isTTY && !args.flag('json') ? 'attached' : 'here';
  return (await import('../attach/client.ts')).upByMode({ context, loaded, mode });
};
