import type { ServiceName } from '../../domain/service.ts';
import type { ServiceSnapshot, StackSnapshot } from '../../domain/snapshot.ts';
import { pause } from '../../runtime/processes/pause.ts';
import { toClockTime } from '../../util/local-time.ts';
import { toSafeText } from '../../util/terminal-text.ts';
import type { News, StackControl } from '../control.ts';
import { isConnectionError } from './connect.ts';
import type { Output } from './output.ts';
import { renderAwaited, renderNews } from './render/actions.ts';
import { createPainter } from './render/painter.ts';
import { renderServiceLine } from './render/service-line.ts';
import { createTheme, type Theme } from './render/theme.ts';

/** What is seen of an action while it is under way elsewhere. */
export type Progress = {
  /** A line that stays. */
  readonly say: (text: string) => void;
  /** Ends it. With the stack as it is afterwards, what was not told yet is told. */
  readonly end: (after: StackSnapshot | null, names: readonly ServiceName[]) => void;
};

/** A line a service while it moves, in a terminal. */
const frameEvery = 150;
/** In a pipe: how long somebody may be awaited before that is said, and between two times of saying it. */
const sayEvery = 2_000;

/** Shows what moves until it is ended. What fails here (the supervisor went away) is told by the action that it goes with. */
export const watchProgress = (control: StackControl, before: StackSnapshot, output: Output): Progress =>
  output.isTTY ? watchLive(control, output) : watchPlain(control, before, output);

const watchLive = (control: StackControl, output: Output): Progress => {
  const theme = createTheme(output);
  const columns = (): number => output.columns() ?? 80;
  const painter = createPainter({ write: output.write, columns, rows: () => output.rows() ?? 24, cut: theme.cut });
  const ending = poll(control, frameEvery, (snapshot) => painter.paint(toFrame(snapshot, columns(), theme)));
  const notice = (text: string): void => painter.log([toSafeText(text, { colours: false })]);
  void followChanges(control, ending.signal, { changed: () => undefined, notice });
  return {
    say: (text) => painter.log([text]),
    end: () => {
      ending.abort();
      painter.clear();
      painter.end();
    },
  };
};

const toFrame = ({ services }: StackSnapshot, width: number, theme: Theme): string[] => {
  const moving = services.filter(isMoving);
  const nameWidth = Math.min(Math.floor(width / 3), Math.max(4, ...moving.map(({ name }) => name.length)));
  return moving.map((service) => renderServiceLine(service, { width, nameWidth, hasTime: width >= 44 }, theme));
};

const isMoving = ({ state }: ServiceSnapshot): boolean =>
  state === 'waiting' || state === 'delayed' || state === 'starting' || state === 'backoff' || state === 'stopping';

const watchPlain = (control: StackControl, before: StackSnapshot, output: Output): Progress => {
  const theme = createTheme(output);
  const told = new Map(before.services.map((service): [ServiceName, Moment] => [service.name, service]));
  const tell = (service: ServiceSnapshot): void => {
    const last = told.get(service.name);
    const isKnown = last?.state === service.state && last.attempt === service.attempt;
    const news = isKnown || hadNothingToStop(last, service) ? null : renderNews(service, theme);
    if (news === null) return;
    told.set(service.name, service);
    output.line(`${theme.paint('dim', toClockTime(Date.now()))} ${news}`);
  };
  const ending = poll(control, sayEvery, (snapshot, isFirst) => {
    const awaited = isFirst ? null : renderAwaited(snapshot, theme);
    if (awaited !== null) output.line(awaited);
  });
  void followChanges(control, ending.signal, {
    changed: (service, news) => {
      // One that waits for those that need it to be gone is not stopping yet.
      if (service.state !== 'stopping' || news !== null) tell(service);
    },
    notice: (text) => output.line(toSafeText(text, { colours: false })),
  });
  return {
    say: output.line,
    end: (after, names) => {
      ending.abort();
      // The last events may still be on their way to us.
      for (const service of after?.services ?? []) if (names.includes(service.name)) tell(service);
    },
  };
};

type Moment = Pick<ServiceSnapshot, 'state' | 'attempt'>;

/** It never ran, or was skipped: it is only not wanted any more. */
const hadNothingToStop = (last: Moment | undefined, { state, attempt }: Moment): boolean =>
  state === 'stopped' && (attempt === 0 || last?.state === 'skipped');

type Listener = {
  readonly changed: (service: ServiceSnapshot, news: News | null) => void;
  readonly notice: (text: string) => void;
};

const followChanges = async (control: StackControl, ending: AbortSignal, hear: Listener): Promise<void> => {
  for await (const event of control.events(ending)) {
    if (ending.aborted) return;
    if (event.type === 'changed') hear.changed(event.service, event.news);
    if (event.type === 'noticed') hear.notice(event.text);
  }
};

/** Looks at once and then every so often, until the result is aborted. */
const poll = (
  control: StackControl,
  every: number,
  show: (snapshot: StackSnapshot, isFirst: boolean) => void,
): AbortController => {
  const ending = new AbortController();
  const { signal } = ending;
  const look = async (): Promise<void> => {
    for (let isFirst = true; !signal.aborted; isFirst = false) {
      const snapshot = await control.snapshot();
      if (signal.aborted) return;
      show(snapshot, isFirst);
      await pause(every, signal);
    }
  };
  look().catch((error: unknown) => {
    // Without its connection the action that this goes with fails, too, and tells; anything else is a bug.
    if (!signal.aborted && !isConnectionError(error)) throw error;
  });
  return ending;
};
