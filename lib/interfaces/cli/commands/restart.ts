import { carryOut } from '../carry-out.ts';
import type { CommandContext } from '../context.ts';

export const run = async (context: CommandContext): Promise<number> => {
  if (context.args.text('on') !== null) return await (await import('../cluster/up.ts')).restartOnCluster(context);
  return await carryOut(context, { kind: 'restart', command: 'restart', act: (control, names) => control.restart(names) });
};
