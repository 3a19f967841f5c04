import { estimate } from '../../../domain/eta.ts';
import { isLive } from '../../../domain/state.ts';
import type { Output } from '../output.ts';
import { renderLive } from '../render/live.ts';
import { createPainter } from '../render/painter.ts';
import { createPrefixer } from '../render/prefix.ts';
import { interruptHints, renderStopping } from '../render/stop.ts';
import { createTheme } from '../render/theme.ts';
import { toMoment } from '../render/time.ts';
import { createProgress, type Facts, renderFailures, renderTimes, tellChanges } from './facts.ts';
import { renderAddresses, renderStopped, renderVerdict } from './sentences.ts';
import type { View } from './view.ts';

/** Often enough for a running time to look alive; a change is drawn at once, but not more often than `soonest`. */
const frameEvery = 100;
const soonest = 30;
/** Of what is printed during the boot, this much is shown after it; the log files have it all. */
const longestSaid = 60;
const linesAtOnce = 20;

/** For a terminal: a line a service while something moves, then the services' output in the terminal's own scrollback. */
export const createLiveView = (facts: Facts, output: Output): View => {
  const { session, plan } = facts;
  const theme = createTheme(output);
  const width = (): number => output.columns() ?? 80;
  const painter = createPainter({ write: output.write, columns: width, rows: () => output.rows() ?? 24 });
  const prefix = createPrefixer([...session.stack.services.keys()], output);
  const progress = createProgress(session.now());
  let phase: 'booting' | 'running' | 'stopping' = 'booting';
  /** What the services printed while the live lines had the screen: shown below the timing table. */
  const said: string[] = [];
  let drawnAt = 0;
  let pending: NodeJS.Timeout | null = null;

  const isAnythingUp = (): boolean => [...session.records.values()].some(({ state }) => isLive(state));

  const look = () => ({ colour: output.colour, unicode: output.unicode, width: width() });

  const draw = (): void => {
    if (phase === 'booting' && progress.progress.size === 0) return;
    drawnAt = performance.now();
    if (phase === 'running') return;
    const snapshot = session.snapshot();
    const eta = phase === 'booting' ? estimate(plan, progress.progress, snapshot.elapsed) : null;
    const footer = phase === 'stopping' ? renderStopping(session.stopProgress(), theme, width()) : null;
    painter.paint(renderLive(snapshot, { ...look(), height: (output.rows() ?? 24) - 1, eta, footer }));
  };

  const drawSoon = (): void => {
    pending ??= setTimeout(
      () => {
        pending = null;
        draw();
      },
      Math.max(0, soonest - (performance.now() - drawnAt)),
    );
  };

  const ticker = setInterval(draw, frameEvery);
  const unresize = output.onResize(draw);

  return {
    // Nothing has begun: there is nothing to see but services that wait for nobody.
    begin: () => undefined,
    changed: (changes) => {
      progress.note(changes);
      if (phase === 'running') painter.log(tellChanges(facts, changes, theme));
      else drawSoon();
    },
    notice: (text) => painter.log([theme.text(text)]),
    logs: (name, lines) => {
      const told = lines.map(({ text }) => prefix(name, text));
      if (phase === 'booting') said.push(...told.splice(-linesAtOnce));
      else painter.log(told);
      if (said.length > longestSaid) said.splice(0, said.length - longestSaid);
    },
    booted: (result, logs) => {
      draw();
      painter.clear();
      phase = 'running';
      painter.log(renderTimes(result, facts, look()));
      painter.log(renderFailures(facts, result.outcome.causes, logs, { ...look(), toTime: toMoment }));
      painter.log([
        '',
        `${renderVerdict(result, session, theme)}${isAnythingUp() ? theme.paint('dim', '  (Ctrl-C stops it)') : ''}`,
        ...renderAddresses(session.snapshot(), theme),
        '',
        ...said.splice(0),
      ]);
    },
    failed: (causes, logs) => painter.log([...renderFailures(facts, causes, logs, { ...look(), toTime: toMoment }), '']),
    stopping: (times) => {
      phase = 'stopping';
      painter.log([theme.paint('dim', interruptHints[Math.min(times, 3) - 1] ?? '')]);
      draw();
    },
    stopped: (result) => {
      draw();
      painter.clear();
      painter.log(renderStopped(result, theme));
    },
    close: () => {
      clearInterval(ticker);
      if (pending !== null) clearTimeout(pending);
      unresize();
      painter.end();
    },
  };
};
