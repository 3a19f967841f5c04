import type { StackSnapshot } from '../../../domain/snapshot.ts';
import { didYouMean } from '../../../util/did-you-mean.ts';
import { talk, tellNobody } from '../connect.ts';
import type { CommandContext } from '../context.ts';
import { tellUnknown } from '../render/actions.ts';
import { renderStatus, toStatusData } from '../render/status.ts';

export const run = async (context: CommandContext): Promise<number> => {
  const { args, stdout } = context;
  if (args.flag('watch')) return (await import('../watch-status.ts')).watchStatus(context);
  return talk(context, {
    command: 'status',
    none: (nobody) => {
      tellNobody(context, nobody);
      return 0;
    },
    some: async (control) => {
      const snapshot = await control.snapshot();
      const unknown = findUnknown(snapshot, args.positionals);
      if (unknown !== null) {
        context.stderr.line(unknown);
        return 2;
      }
      const chosen = choose(snapshot, args.positionals);
      if (args.flag('json')) stdout.line(JSON.stringify(toStatusData(chosen), null, 2));
      else stdout.lines(renderStatus(chosen, { colour: stdout.colour, unicode: stdout.unicode, width: stdout.columns() }));
      return 0;
    },
  });
};

/** What to say about a name that the stack does not have; null: it has them all. */
export const findUnknown = ({ services }: StackSnapshot, wanted: readonly string[]): string | null => {
  const names = services.map(({ name }) => name);
  const unknown = wanted.find((name) => !names.includes(name));
  return unknown === undefined ? null : tellUnknown(unknown, didYouMean(unknown, names));
};

export const choose = (snapshot: StackSnapshot, wanted: readonly string[]): StackSnapshot =>
  wanted.length === 0 ? snapshot : { ...snapshot, services: snapshot.services.filter(({ name }) => wanted.includes(name)) };
