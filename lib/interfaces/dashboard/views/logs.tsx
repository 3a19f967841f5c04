import type { JSX } from 'preact';
import { useEffect, useReducer, useRef, useState } from 'preact/hooks';
import { Filter } from '../parts/filter.tsx';
import { LogList } from '../parts/log-list.tsx';
import { Unread } from '../parts/unread.tsx';
import { app, showLog } from '../state/app.ts';
import { createLogBuffer, type LogBuffer, type LogRow } from '../state/log-buffer.ts';
import { followLogs, type LogPhase } from '../state/log-stream.ts';
import { useStore } from '../state/store.ts';
import { LogTools } from './log-tools.tsx';

const nothingYet: Readonly<Record<LogPhase, string>> = {
  reading: 'Reading the log …',
  live: 'Nothing was printed yet.',
  broken: 'The log cannot be read just now; it is asked for again.',
};

/** What the services print. Held, it stays where it is while the lines go on coming in. */
export const LogsView = (): JSX.Element => {
  const logsOf = useStore(app, (state) => state.logsOf);
  const isLive = useStore(app, ({ phase }) => phase.kind === 'live');
  const shown = useStore(app, (state) => state.logShown);
  const [isPaused, setPaused] = useState(false);
  const buffer = useRef<LogBuffer>(createLogBuffer());
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const held = useRef<readonly LogRow[] | null>(null);
  const phase = useLogStream(logsOf, buffer.current, () => redraw(0));

  const wanted = shown.search.trim().toLowerCase();
  const asked = `${shown.isErrorsOnly} ${wanted}`;
  const lastAsked = useRef(asked);
  if (lastAsked.current !== asked) held.current = null;
  lastAsked.current = asked;
  const current = buffer.current.rows(wanted, shown.isErrorsOnly);
  if (!isPaused) held.current = null;
  else held.current ??= [...current];
  const rows = held.current ?? current;
  const missed = buffer.current.skipped();
  const pause = (paused: boolean): void => {
    held.current = null;
    setPaused(paused);
  };
  const clear = (): void => {
    buffer.current.clear();
    pause(false);
    redraw(0);
  };
  const hasName = logsOf.length !== 1;
  return (
    <section class="logs panel">
      <div class="bar">
        <Chooser chosen={logsOf} />
        <Filter
          value={shown.search}
          onInput={(search) => showLog({ search })}
          label="Find in the log"
          placeholder="Find in the log"
        />
        <LogTools rows={rows} hasName={hasName} isPaused={isPaused} onPause={pause} onClear={clear} />
        <span class="spacer" />
        <span class="dim" role="status">
          {wanted === '' ? '' : `${rows.length} found; `}
          {missed === 0 ? `${rows.length} lines` : `${missed.toLocaleString('en')} lines came too fast; the files have them`}
        </span>
      </div>
      {rows.length > 0 ? null : !isLive ? (
        <Unread what="The log" />
      ) : (
        <p class="empty">
          {phase !== 'live' || (wanted === '' && !shown.isErrorsOnly) ? nothingYet[phase] : 'No line is like that.'}
        </p>
      )}
      <LogList
        rows={rows}
        search={wanted}
        hasName={hasName}
        hasTime={shown.hasTime}
        isWrapped={shown.isWrapped}
        isFollowing={!isPaused}
        onScroll={(isAtEnd) => {
          if (!isAtEnd && !isPaused && rows.length > 0) pause(true);
          else if (isAtEnd && isPaused) pause(false);
        }}
      />
    </section>
  );
};

const Chooser = ({ chosen }: { readonly chosen: readonly string[] }): JSX.Element => {
  const order = useStore(app, (state) => state.order);
  return (
    <label class="chooser">
      <span class="visually-hidden">Services</span>
      <select
        value={chosen.length === 1 ? chosen[0] : ''}
        onChange={(event) => {
          const { value } = event.currentTarget;
          app.set({ logsOf: value === '' ? [] : [value] });
        }}
      >
        <option value="">All services</option>
        {order.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
};

/** Follows the logs of these services for as long as the view is shown, and comes back after a loss. */
const useLogStream = (names: readonly string[], buffer: LogBuffer, onChange: () => void): LogPhase => {
  const [phase, setPhase] = useState<LogPhase>('reading');
  const isLive = useStore(app, ({ phase }) => phase.kind === 'live');
  const key = names.join(',');
  useEffect(() => {
    if (!isLive) return undefined;
    const closing = new AbortController();
    let isDue = false;
    const draw = (): void => {
      if (isDue) return;
      isDue = true;
      requestAnimationFrame(() => {
        isDue = false;
        if (!closing.signal.aborted) onChange();
      });
    };
    void followLogs({ names, buffer, signal: closing.signal, onPhase: setPhase, onLines: draw });
    return () => closing.abort();
  }, [key, isLive]);
  return phase;
};
