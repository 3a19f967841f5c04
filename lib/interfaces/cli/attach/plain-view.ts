import { toClockTime, toMoment } from '../../../util/local-time.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import type { Output } from '../output.ts';
import { renderDown } from '../render/actions.ts';
import { renderChange } from '../render/plain.ts';
import { createPrefixer } from '../render/prefix.ts';
import { tellStopping } from '../render/stop.ts';
import { createTheme } from '../render/theme.ts';
import { type Facts, isAnythingUp, isReported, renderFailures, renderTimes } from './facts.ts';
import { watchMended } from './mended.ts';
import { countServices, renderAddresses, renderRefusal, renderVerdict, renderVerdictOf } from './sentences.ts';
import type { View } from './view.ts';

/** For pipes, files and CI: one line a change, then the logs; nothing is ever drawn over. */
export const createPlainView = (facts: Facts, output: Output): View => {
  const { mirror, canHurry = true } = facts;
  const theme = createTheme(output);
  const { name, environment, services, booting } = mirror.snapshot();
  let phase: 'booting' | 'running' | 'stopping' = booting === true ? 'booting' : 'running';
  let endsByItself = false;
  const prefix = createPrefixer(
    services.map((service) => service.name),
    output,
  );
  const mended = watchMended(mirror);
  const look = { colour: output.colour, unicode: output.unicode, width: null };
  return {
    begin: (isJoining) =>
      output.line(
        isJoining
          ? `${safe(name)} is run by another muster already (${safe(environment)}); joining it`
          : `${safe(name)}: ${countServices(services.length)}, ${safe(environment)}`,
      ),
    changed: (service, news, at) => {
      const isTold = phase === 'running' && isReported(service, news);
      const line = isTold ? null : renderChange(service, { news, time: toClockTime(at), theme });
      if (line !== null) output.line(line);
      const outcome = mended.look();
      if (outcome !== null)
        output.lines(['', renderVerdictOf({ outcome, name, took: null }, theme), ...renderAddresses(mirror.snapshot(), theme)]);
    },
    notice: (text, at) => output.line(`${theme.paint('dim', toClockTime(at))} ${theme.text(safe(text))}`),
    logs: (service, lines) => output.lines(lines.map(({ text }) => prefix(service, text))),
    booted: (report) => {
      endsByItself = report.ends === true;
      phase = 'running';
      if (report.refused !== undefined) {
        output.lines(['', renderRefusal(report.refused, facts.again, { name }, theme)]);
        return;
      }
      mended.told(report.outcome.verdict);
      output.lines(['', ...renderTimes(report, facts, look)]);
      output.lines(renderFailures(facts, report.failures, { ...look, toTime: toMoment }));
      const snapshot = mirror.snapshot();
      output.lines(['', renderVerdict(report, snapshot, theme), ...renderAddresses(snapshot, theme)]);
    },
    failed: (failures, at) => {
      if (failures.some(({ cause }) => !cause.optional)) mended.told('failed');
      const time = theme.paint('dim', toClockTime(at));
      output.lines([...renderFailures(facts, failures, { ...look, toTime: toMoment, time }), '']);
    },
    stopping: (times) => {
      const isByItself = phase !== 'stopping' && (endsByItself || !isAnythingUp(mirror.snapshot()));
      phase = 'stopping';
      output.line(tellStopping(times, canHurry && !isByItself));
    },
    stopped: (result) => output.lines(renderDown(result, theme)),
    close: () => undefined,
  };
};

const safe = (text: string): string => toSafeText(text, { colours: false });
