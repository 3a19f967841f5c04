import { toEnvironment } from '../../../domain/defaults.ts';
import { toHints } from '../../../domain/hints.ts';
import { toStats } from '../../../domain/stats.ts';
import { truncateToWidth } from '../../../util/ansi.ts';
import { didYouMean } from '../../../util/did-you-mean.ts';
import type { CommandContext } from '../context.ts';
import { readMemory } from '../read-memory.ts';
import { renderStats } from '../render/stats.ts';

export const run = async ({ args, stdout, stderr, load }: CommandContext): Promise<number> => {
  const loaded = await load();
  if (loaded === null) return 2;
  const { stack } = loaded;
  const { history } = await readMemory(stack.root, stderr);
  const env = args.text('env');
  const environment = env === null ? null : toEnvironment(env);
  const names = [...stack.services.keys()];
  const everything = toStats(history, { environment, stack: names });
  const known = new Set([...stack.services.keys(), ...everything.services.map(({ name }) => name)]);
  for (const name of args.positionals) {
    if (known.has(name)) continue;
    const meant = didYouMean(name, known);
    stderr.line(`muster: unknown service "${name}"${meant === null ? '' : `; did you mean "${meant}"?`}`);
    return 2;
  }
  const stats =
    args.positionals.length === 0 ? everything : toStats(history, { environment, stack: names, services: args.positionals });
  const hints = toHints(stats, stack);
  const width = stdout.columns();
  if (args.flag('json')) stdout.line(JSON.stringify({ name: stack.name, ...stats, hints }, null, 2));
  else
    stdout.lines(
      renderStats({ name: stack.name, stats, hints }, stdout).map((line) =>
        width === null ? line : truncateToWidth(line, width),
      ),
    );
  return 0;
};
