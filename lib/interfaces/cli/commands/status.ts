import { toStatusData } from '../../control/status-data.ts';
import { type Nobody, talk, tellNobody, tellNobodyAndWhy, toCommandLine } from '../connect.ts';
import type { CommandContext } from '../context.ts';
import { refuseUnknown } from '../refuse.ts';
import { choose, renderStatus, unknownOf } from '../render/status.ts';

export const run = async (context: CommandContext): Promise<number> => {
  if (context.args.text('on') !== null) return await (await import('../cluster/status.ts')).statusOnCluster(context);
  const { args, stdout } = context;
  if (args.flag('watch')) return (await import('../watch-status.ts')).watchStatus(context);
  return talk(context, {
    command: 'status',
    withSnapshot: true,
    none: async (nobody) => {
      if (nobody.stale) await tellLeft(context, nobody);
      else await tellNobodyAndWhy(context, nobody);
      return 0;
    },
    some: async (control) => {
      const snapshot = await control.snapshot();
      const name = unknownOf(snapshot, args.positionals);
      if (name !== null) return refuseUnknown(context, { name, command: 'status', snapshot });
      const chosen = choose(snapshot, args.positionals);
      if (args.flag('json')) stdout.line(JSON.stringify({ ...toStatusData(chosen), socket: control.socket }, null, 2));
      else {
        const toCommand = (words: readonly string[]): string => toCommandLine(context, words);
        const look = { colour: stdout.colour, unicode: stdout.unicode, width: stdout.columns(), toCommand };
        stdout.lines(renderStatus(chosen, { ...look, whole: snapshot.services }));
      }
      return 0;
    },
  });
};

const tellLeft = async (context: CommandContext, nobody: Nobody): Promise<void> => {
  const { args, stdout } = context;
  const { readLeft, renderLeft } = await import('../left-behind.ts');
  const left = await readLeft(context);
  if (args.flag('json')) stdout.line(JSON.stringify({ running: false, stale: true, left }));
  else {
    tellNobody(context, nobody);
    stdout.lines(renderLeft(left, context));
  }
};
