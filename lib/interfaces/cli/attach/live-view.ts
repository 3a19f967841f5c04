import { estimate } from '../../../domain/eta.ts';
import { linesForExcerpt, toTellingLine } from '../../../domain/excerpt.ts';
import type { ServiceName } from '../../../domain/service.ts';
import { toStopProgress } from '../../../domain/stop-progress.ts';
import { toClockTime, toMoment } from '../../../util/local-time.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import type { Output } from '../output.ts';
import { renderDown } from '../render/actions.ts';
import { renderLive, renderServices } from '../render/live.ts';
import { createPainter } from '../render/painter.ts';
import { renderChange } from '../render/plain.ts';
import { createPrefixer } from '../render/prefix.ts';
import { renderStopping, tellStopping } from '../render/stop.ts';
import { createTheme } from '../render/theme.ts';
import { wrapWhole } from '../render/wrap.ts';
import { type Facts, isAnythingUp, isReported, renderFailures, renderTimes } from './facts.ts';
import { watchMended } from './mended.ts';
import { renderAddresses, renderRefusal, renderVerdict, renderVerdictOf } from './sentences.ts';
import type { View } from './view.ts';

/** Often enough for a running time to look alive; a change is drawn at once, but not more often than `soonest`. */
const frameEvery = 100;
const soonest = 30;
/** Of what is printed during the boot, this much is shown after it; the log files have it all. */
const longestSaid = 60;
const linesAtOnce = 20;

/** Which lines of the services are shown; the files have them all. */
export type LogFilter = { readonly only: ServiceName | null; readonly text: string };

/** With what the keys need of it. */
export type LiveView = View & {
  /** Lines below everything else, for as long as a question or a choice is open. */
  panel(lines: readonly string[]): void;
  /** Lines that stay. */
  say(lines: readonly string[]): void;
  filter(filter: LogFilter): void;
  /** After something else has had the terminal. */
  redraw(): void;
};

/** For a terminal: a line a service while something moves, then the services' output in the terminal's own scrollback. */
export const createLiveView = (facts: Facts, output: Output, hint: string): LiveView => {
  const { mirror, plan, canHurry = true } = facts;
  const theme = createTheme(output);
  const width = (): number => output.columns() ?? 80;
  const painter = createPainter({ write: output.write, columns: width, rows: () => output.rows() ?? 24, cut: theme.cut });
  const first = mirror.snapshot();
  const prefix = createPrefixer(
    first.services.map(({ name }) => name),
    output,
  );
  let endsByItself = false;
  let phase: 'booting' | 'running' | 'stopping' = first.booting === true ? 'booting' : 'running';
  let hasBegun = false;
  let panel: readonly string[] = [];
  let wanted: LogFilter = { only: null, text: '' };
  /** What the services printed while the live lines had the screen: shown below the timing table. */
  const said: string[] = [];
  /** Of each, what it printed last in the boot, oldest first. */
  const lastLines = new Map<ServiceName, readonly string[]>();
  const mended = watchMended(mirror);
  let drawnAt = 0;
  let pending: NodeJS.Timeout | null = null;

  const look = () => ({ colour: output.colour, unicode: output.unicode, width: width() });

  /** A sentence beside the matter, broken between words. */
  const wrapped = (text: string, indent = 0): string[] =>
    wrapWhole(theme.text(text), Math.max(1, width() - indent)).map((line) => theme.paint('dim', ' '.repeat(indent) + line));

  const toFrame = (): readonly string[] => {
    // Nothing has begun: there is nothing to see but services that wait for nobody.
    if (phase === 'running' || !hasBegun) return panel;
    const snapshot = mirror.snapshot();
    const eta = phase === 'booting' && plan !== null ? estimate(plan, mirror.progress, snapshot.elapsed) : null;
    const footer = phase === 'stopping' ? renderStopping(toStopProgress(snapshot.services), theme, width()) : null;
    const height = Math.max(1, (output.rows() ?? 24) - 1 - panel.length);
    return [...renderLive(snapshot, { ...look(), height, eta, footer, said: tellingLine }), ...panel];
  };

  const tellingLine = (name: ServiceName): string | null => toTellingLine(lastLines.get(name) ?? []);

  const draw = (): void => {
    drawnAt = performance.now();
    painter.paint(toFrame());
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

  const ticker = setInterval(() => {
    if (phase !== 'running') draw();
  }, frameEvery);
  const unresize = output.onResize(draw);

  const isWanted = (name: ServiceName, text: string): boolean =>
    (wanted.only === null || wanted.only === name) && text.toLowerCase().includes(wanted.text.toLowerCase());

  /** What follows a boot, or greets somebody who comes later. */
  const tellWhereItIs = (verdict: string): void =>
    painter.log([
      '',
      ...wrapWhole(verdict, width()),
      ...renderAddresses(mirror.snapshot(), theme),
      ...(isAnythingUp(mirror.snapshot()) ? wrapped(hint, 2) : []),
      '',
      ...said.splice(0),
    ]);

  return {
    begin: (isJoining) => {
      if (!isJoining) return;
      painter.log([theme.paint('dim', `${safe(first.name)} runs already; attached to it`)]);
      hasBegun = true;
      if (phase === 'booting') return;
      const snapshot = mirror.snapshot();
      mended.told(snapshot.outcome.verdict);
      painter.log(renderServices(snapshot, look()));
      tellWhereItIs(renderVerdictOf({ outcome: snapshot.outcome, name: snapshot.name, took: null }, theme));
    },
    changed: (service, news, at) => {
      hasBegun = true;
      if (phase !== 'running') {
        drawSoon();
        return;
      }
      const line = isReported(service, news) ? null : renderChange(service, { news, time: toClockTime(at), theme });
      if (line !== null) painter.log([line]);
      const outcome = mended.look();
      if (outcome !== null) tellWhereItIs(renderVerdictOf({ outcome, name: first.name, took: null }, theme));
    },
    notice: (text) => painter.log(wrapWhole(theme.text(safe(text)), width())),
    logs: (name, lines) => {
      const told = lines.filter(({ text }) => isWanted(name, text)).map(({ text }) => prefix(name, text));
      if (phase === 'booting') {
        said.push(...told.splice(-linesAtOnce));
        lastLines.set(name, [...(lastLines.get(name) ?? []), ...lines.map(({ text }) => text)].slice(-linesForExcerpt(1)));
      } else painter.log(told);
      if (said.length > longestSaid) said.splice(0, said.length - longestSaid);
    },
    booted: (report) => {
      endsByItself = report.ends === true;
      draw();
      phase = 'running';
      lastLines.clear();
      painter.paint(panel);
      if (report.refused !== undefined) {
        painter.log(['', renderRefusal(report.refused, facts.again, first, theme)]);
        return;
      }
      mended.told(report.outcome.verdict);
      painter.log(renderTimes(report, facts, look()));
      painter.log(renderFailures(facts, report.failures, { ...look(), toTime: toMoment }));
      tellWhereItIs(renderVerdict(report, first, theme));
    },
    failed: (failures, at) => {
      if (failures.some(({ cause }) => !cause.optional)) mended.told('failed');
      const time = theme.paint('dim', toClockTime(at));
      painter.log([...renderFailures(facts, failures, { ...look(), toTime: toMoment, time }), '']);
    },
    stopping: (times) => {
      // Whoever asks for what is under way by itself may go on to hurry it.
      const isByItself = phase !== 'stopping' && (endsByItself || !isAnythingUp(mirror.snapshot()));
      phase = 'stopping';
      hasBegun = true;
      painter.log(wrapped(tellStopping(times, canHurry && !isByItself)));
      draw();
    },
    stopped: (result) => {
      draw();
      painter.clear();
      painter.log(renderDown(result, theme));
    },
    panel: (lines) => {
      panel = lines;
      draw();
    },
    say: (lines) => painter.log(lines),
    filter: (filter) => {
      wanted = filter;
    },
    redraw: () => {
      painter.forget();
      draw();
    },
    close: () => {
      clearInterval(ticker);
      if (pending !== null) clearTimeout(pending);
      unresize();
      if (phase === 'running') painter.clear();
      painter.end();
    },
  };
};

const safe = (text: string): string => toSafeText(text, { colours: false });
