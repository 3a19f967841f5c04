import { errorLogOf } from '../../../domain/log-files.ts';
import type { ServiceName } from '../../../domain/service.ts';
import { createMirror, type Mirror } from '../../control/mirror.ts';
import type { BootReport, ControlEvent, StackControl } from '../../control.ts';
import { type FollowedLogs, followLogs, type LogFiles } from './follow-logs.ts';
import type { View } from './view.ts';

export type ShowOptions = {
  readonly control: Pick<StackControl, 'snapshot' | 'events' | 'boot'>;
  readonly createView: (mirror: Mirror) => View;
  /** Empty: what they print is not shown. */
  readonly logFiles: LogFiles;
  /** The stack was there before us. */
  readonly isJoining: boolean;
  /** Ends the show, not the stack. */
  readonly signal: AbortSignal;
  /** Besides the view: called after it. */
  readonly onEvent?: (event: ControlEvent, mirror: Mirror) => void;
};

export type Show = {
  readonly view: View;
  readonly mirror: Mirror;
  /** Resolves when what came of the first boot was shown; null: it was cut off. */
  readonly booted: Promise<BootReport | null>;
  /** Resolves when the last event was shown, with it; null: there was none, so the supervisor is gone, or the show was ended. */
  readonly done: Promise<LastEvent | null>;
};

const clock = { now: () => performance.now(), wall: () => Date.now() };

/** Shows a stack, near or far, by what it tells: nothing is asked for again. */
export const showStack = async (options: ShowOptions): Promise<Show> => {
  const { control, createView, logFiles, isJoining, signal, onEvent } = options;
  const since = clock.wall();
  // Asked for before the snapshot, so that nothing falls between the two.
  const events = control.events(signal, { fromStart: true });
  const mirror = createMirror(await control.snapshot(), clock);
  const view = createView(mirror);
  const logs = logFiles.size === 0 ? null : followLogs(logFiles, (name: ServiceName, lines) => view.logs(name, lines));
  view.begin(isJoining);
  const isOver = mirror.snapshot().booting !== true;
  let announceBoot: (report: BootReport | null) => void = () => undefined;
  const booted = new Promise<BootReport | null>((resolve) => {
    announceBoot = resolve;
  });

  const hear = async (event: ControlEvent): Promise<void> => {
    // The story of a boot that was over before we came is nothing to us.
    if (isJoining && isOver && event.at < since && (event.type === 'noticed' || event.type === 'booted')) return;
    mirror.hear(event);
    await showEvent(view, event, logs);
    onEvent?.(event, mirror);
    if (event.type === 'booted') announceBoot(event.report);
  };

  const follow = async (): Promise<LastEvent | null> => {
    let last: LastEvent | null = null;
    try {
      if (isJoining && isOver) announceBoot(await control.boot());
      for await (const event of events) {
        if (event.type === 'ended') last = event;
        await hear(event);
      }
      return last;
    } finally {
      announceBoot(null);
      logs?.stop();
      view.close();
    }
  };
  return { view, mirror, booted, done: follow() };
};

type LastEvent = Extract<ControlEvent, { type: 'ended' }>;

const showEvent = async (view: View, event: ControlEvent, logs: FollowedLogs | null): Promise<void> => {
  switch (event.type) {
    case 'changed':
      view.changed(event.service, event.news, event.at);
      return;
    case 'noticed':
      view.notice(event.text, event.at);
      return;
    case 'applied':
      await view.applied?.(event.services);
      if (logs !== null) logs.add(new Map(event.services.map(({ name, log }) => [name, [log, errorLogOf(log)]])));
      return;
    case 'booted':
      view.booted(event.report);
      return;
    case 'failed':
      view.failed(event.failures, event.at);
      return;
    case 'stopping':
      view.stopping(event.times);
      return;
    case 'ended':
      // What was printed on the way down comes before the last word.
      await logs?.drain();
      if (event.result !== null) view.stopped(event.result);
  }
};
