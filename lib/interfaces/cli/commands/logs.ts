import type { ServiceName } from '../../../domain/service.ts';
import type { CommandContext } from '../context.ts';
import { createHiding } from '../logs/hiding.ts';
import { toLogRequest } from '../logs/request.ts';
import { type Show, showBack } from '../logs/show-back.ts';
import { findLogSources } from '../logs/sources.ts';
import { createLineTeller, type LogFormat, type ToldLine } from '../render/log-lines.ts';

export const run = async (context: CommandContext): Promise<number> => {
  if (context.args.text('on') !== null) return await (await import('../cluster/logs.ts')).logsOnCluster(context);
  const { args, stdout, stderr } = context;
  const request = toLogRequest(args);
  if (typeof request === 'string') {
    stderr.line(`muster: ${request}`);
    return 2;
  }
  const hiding = createHiding(context);
  const found = await findLogSources(context, hiding);
  if (!found.ok) return found.code;
  const { sources, control } = found;
  const tell = createGrowingTeller(context, request.format);
  tell.know(sources.map(({ name }) => name));
  const show: Show = ({ name, stream }, texts, at) => {
    tell.know([name]);
    const hide = request.format === 'raw' ? (text: string) => text : hiding.mask;
    stdout.lines(texts.map((text) => tell.line({ service: name, stream, at, text: hide(text) })));
  };
  try {
    const ends = await showBack(context, { sources, request, show });
    if (!request.follow) return 0;
    const { follow } = await import('../logs/follow.ts');
    return await follow(context, { ends, request, control, show, hiding });
  } finally {
    control?.close();
  }
};

type GrowingTeller = { know(names: readonly ServiceName[]): void; line(line: ToldLine): string };

/** The names before the lines are as wide as the widest one that is known by then. */
const createGrowingTeller = ({ stdout }: CommandContext, format: LogFormat): GrowingTeller => {
  const known = new Set<ServiceName>();
  const { colour, unicode } = stdout;
  let line = createLineTeller({ format, names: [], colour, unicode });
  return {
    know: (names) => {
      if (names.every((name) => known.has(name))) return;
      for (const name of names) known.add(name);
      line = createLineTeller({ format, names: [...known], colour, unicode });
    },
    line: (told) => line(told),
  };
};
