import { carryOut } from '../carry-out.ts';
import type { CommandContext } from '../context.ts';

export const run = (context: CommandContext): Promise<number> =>
  carryOut(context, { kind: 'start', command: 'start', act: (control, names) => control.start(names) });
