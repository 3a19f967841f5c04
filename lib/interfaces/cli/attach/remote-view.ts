import { relative } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { toCriticalPath } from '../../../domain/critical-path.ts';
import type { StackSnapshot } from '../../../domain/snapshot.ts';
import type { RemoteControl } from '../../control/client.ts';
import type { CommandContext } from '../context.ts';
import { readMemory } from '../read-memory.ts';
import { renderFailure } from '../render/failure.ts';
import { renderLive } from '../render/live.ts';
import { createPainter } from '../render/painter.ts';
import { createTheme } from '../render/theme.ts';
import { toMoment } from '../render/time.ts';
import { renderTiming } from '../render/timing.ts';
import { renderAddresses, renderVerdictOf } from './sentences.ts';

/** Milliseconds between two looks. */
const frameEvery = 100;

/** Shows the boot of a supervisor elsewhere until it has settled. Null: that supervisor ended before. */
export const showBoot = async (context: CommandContext, control: RemoteControl): Promise<StackSnapshot | null> => {
  const { stdout, args } = context;
  const isLive = stdout.isTTY && !args.flag('json');
  const width = (): number => stdout.columns() ?? 80;
  const painter = createPainter({ write: stdout.write, columns: width, rows: () => stdout.rows() ?? 24 });
  try {
    for (;;) {
      const snapshot = await look(control);
      if (snapshot === null) return null;
      const { colour, unicode } = stdout;
      if (isLive)
        painter.paint(renderLive(snapshot, { width: width(), height: (stdout.rows() ?? 24) - 1, colour, unicode, eta: null }));
      if (snapshot.booting !== true) {
        if (isLive) painter.clear();
        if (!args.flag('json')) await tellBoot(context, control, snapshot);
        return snapshot;
      }
      await pause(frameEvery);
    }
  } finally {
    painter.end();
  }
};

const look = async (control: RemoteControl): Promise<StackSnapshot | null> => {
  try {
    return await control.snapshot();
  } catch {
    // Only a lost connection rejects: the supervisor has ended, and its exit code says how.
    return null;
  }
};

const tellBoot = async (context: CommandContext, control: RemoteControl, snapshot: StackSnapshot): Promise<void> => {
  const { stdout, stderr, cwd } = context;
  const { colour, unicode } = stdout;
  const look = { colour, unicode, width: stdout.columns() };
  const run = (await readMemory(snapshot.root, stderr)).history.runs.at(-1);
  const order = snapshot.services.map(({ name }) => name);
  if (run !== undefined) stdout.lines(renderTiming(run, { ...look, critical: toCriticalPath(run).chain, order }));
  for (const cause of snapshot.outcome.causes) {
    const why = await control.why(cause.name);
    const service = snapshot.services.find(({ name }) => name === cause.name);
    const { state } = cause;
    const lastProbe = state.kind === 'failed' && state.failure.kind === 'not-ready' ? state.failure.lastProbe : null;
    const logFile = relative(cwd, service?.log ?? '') || (service?.log ?? '');
    const logLines = 'logLines' in why ? why.logLines : [];
    stdout.lines([
      '',
      ...renderFailure(
        { cause, label: cause.name, logLines, logFile, lastProbe, again: 'muster up -d' },
        { ...look, toTime: toMoment },
      ),
    ]);
  }
  const theme = createTheme(stdout);
  const { outcome, name } = snapshot;
  stdout.lines([
    '',
    renderVerdictOf({ outcome, name, took: run?.duration ?? snapshot.elapsed }, theme),
    ...renderAddresses(snapshot, theme),
  ]);
};
