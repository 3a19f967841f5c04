import { ignoreStraySignals } from '../../session/signals.ts';
import { talk, tellNobody, toCommandLine } from '../connect.ts';
import type { CommandContext } from '../context.ts';

/** The full-screen view of a running stack. */
export const run = async (context: CommandContext): Promise<number> => {
  const { stdout, stderr, env } = context;
  ignoreStraySignals();
  if (!stdout.isTTY || env['TERM'] === 'dumb') {
    stderr.line(
      `muster monitor: it needs a terminal; "${toCommandLine(context, ['status', '--watch'])}" shows the same as lines`,
    );
    return 2;
  }
  return talk(context, {
    command: 'monitor',
    none: (nobody) => {
      tellNobody(context, nobody);
      return 2;
    },
    some: async (control) => (await import('../monitor/monitor.ts')).showMonitor(context, control),
  });
};
