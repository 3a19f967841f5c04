import { relative } from 'node:path';
import type { Refusal, Why } from '../../control.ts';
import { talk, tellNobodyAndWhy, toCommandLine } from '../connect.ts';
import type { CommandContext } from '../context.ts';
import { refuse } from '../refuse.ts';
import { askNext, renderWhy } from '../render/why.ts';

export const run = (context: CommandContext): Promise<number> => {
  const { args, stdout } = context;
  const [name = ''] = args.positionals;
  const isJson = args.flag('json');
  return talk(context, {
    command: 'why',
    none: async (nobody) => {
      await tellNobodyAndWhy(context, nobody);
      return 0;
    },
    some: async (control) => {
      const why = await control.why(name);
      if (isRefusal(why))
        return refuse(context, { refusal: why, command: 'why', names: [name], snapshot: await control.snapshot() });
      const look = toLook(context, why);
      const next = await askNext(control, why, { ...look, toCommand: (words) => toCommandLine(context, words) });
      if (isJson) stdout.line(JSON.stringify({ running: true, ...why, next }, null, 2));
      else stdout.lines(renderWhy(why, { ...look, next }));
      return 0;
    },
  });
};

const isRefusal = (answer: Why | Refusal): answer is Refusal => 'kind' in answer;

const toLook = ({ stdout, cwd }: CommandContext, { logFile }: Why) => ({
  colour: stdout.colour,
  unicode: stdout.unicode,
  width: stdout.columns(),
  logFile: logFile === null ? null : relative(cwd, logFile) || logFile,
  toFile: (file: string) => relative(cwd, file) || file,
});
