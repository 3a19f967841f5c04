import { relative } from 'node:path';
import type { Refusal, Why } from '../../control.ts';
import { type Nobody, sentenceOfNobody, talk, tellNobodyAndWhy, toCommandLine } from '../connect.ts';
import type { CommandContext } from '../context.ts';
import { refuse, refuseAbsent, tellUnknownInFile } from '../refuse.ts';
import { askNext, renderWhy } from '../render/why.ts';

export const run = (context: CommandContext): Promise<number> => {
  const { args, stdout } = context;
  const [name = ''] = args.positionals;
  const isJson = args.flag('json');
  return talk(context, {
    command: 'why',
    none: async (nobody) => {
      const unknown = nobody.stale ? null : await tellUnknownInFile(context, [name]);
      if (unknown !== null) return refuseAbsent(context, name, unknown);
      await tellLast(context, nobody, name);
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

/** The service as the last boot has left it, if that failed. */
const tellLast = async (context: CommandContext, nobody: Nobody, name: string): Promise<void> => {
  const { stdout } = context;
  const { askWhyLast } = await import('../why-last.ts');
  const found = nobody.stale ? null : await askWhyLast(context, name);
  if (found === null) return tellNobodyAndWhy(context, nobody);
  const { tellLastBoot, toLastBootData } = await import('../last-boot.ts');
  const { boot, why, next } = found;
  if (context.args.flag('json')) {
    stdout.line(JSON.stringify({ running: false, lastBoot: toLastBootData(boot), ...why, next }, null, 2));
    return;
  }
  stdout.lines([
    sentenceOfNobody(context, false, ['up']),
    tellLastBoot(boot),
    ...renderWhy(why, { ...toLook(context, why), next }),
  ]);
};

const isRefusal = (answer: Why | Refusal): answer is Refusal => 'kind' in answer;

const toLook = ({ stdout, cwd }: CommandContext, { logFile }: Why) => ({
  colour: stdout.colour,
  unicode: stdout.unicode,
  width: stdout.columns(),
  logFile: logFile === null ? null : relative(cwd, logFile) || logFile,
  toFile: (file: string) => relative(cwd, file) || file,
});
