import { carryOut } from '../carry-out.ts';
import type { CommandContext } from '../context.ts';

export const run = (context: CommandContext): Promise<number> =>
  carryOut(context, { kind: 'restart', command: 'restart', act: (control, names) => control.restart(names) });
