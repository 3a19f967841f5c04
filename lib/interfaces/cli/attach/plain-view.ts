import type { Output } from '../output.ts';
import { createPrefixer } from '../render/prefix.ts';
import { interruptHints } from '../render/stop.ts';
import { createTheme } from '../render/theme.ts';
import { toClockTime, toMoment } from '../render/time.ts';
import { type Facts, renderFailures, renderTimes, tellChanges } from './facts.ts';
import { countServices, renderAddresses, renderStopped, renderVerdict } from './sentences.ts';
import type { View } from './view.ts';

/** For pipes, files and CI: one line a change, then the logs; nothing is ever drawn over. */
export const createPlainView = (facts: Facts, output: Output): View => {
  const { session } = facts;
  const theme = createTheme(output);
  const prefix = createPrefixer([...session.stack.services.keys()], output);
  const look = { colour: output.colour, unicode: output.unicode, width: null };
  return {
    begin: () =>
      output.line(`${session.stack.name}: ${countServices(session.stack.services.size)}, ${session.stack.environment}`),
    changed: (changes) => output.lines(tellChanges(facts, changes, theme)),
    notice: (text) => output.line(`${theme.paint('dim', toClockTime(Date.now()))} ${text}`),
    logs: (name, lines) => output.lines(lines.map(({ text }) => prefix(name, text))),
    booted: (result, logs) => {
      output.lines(['', ...renderTimes(result, facts, look)]);
      output.lines(renderFailures(facts, result.outcome.causes, logs, { ...look, toTime: toMoment }));
      output.lines(['', renderVerdict(result, session, theme), ...renderAddresses(session.snapshot(), theme)]);
    },
    failed: (causes, logs) => output.lines([...renderFailures(facts, causes, logs, { ...look, toTime: toMoment }), '']),
    stopping: (times) => output.line(interruptHints[Math.min(times, 3) - 1] ?? ''),
    stopped: (result) => output.lines(renderStopped(result, theme)),
    close: () => undefined,
  };
};
