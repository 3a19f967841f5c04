import type { JSX } from 'preact';
import { useEffect, useReducer, useRef, useState } from 'preact/hooks';
import { AnsiLine } from '../parts/ansi.tsx';
import { Filter } from '../parts/filter.tsx';
import { Icon } from '../parts/icon.tsx';
import { Unread } from '../parts/unread.tsx';
import { VirtualList } from '../parts/virtual-list.tsx';
import { app } from '../state/app.ts';
import { shorten } from '../state/graph-layout.ts';
import { createLogBuffer, type LogBuffer, type LogRow } from '../state/log-buffer.ts';
import { followLogs, type LogPhase } from '../state/log-stream.ts';
import { useStore } from '../state/store.ts';

const rowHeight = 19;

const nothingYet: Readonly<Record<LogPhase, string>> = {
  reading: 'Reading the log …',
  live: 'Nothing was printed yet.',
  broken: 'The log cannot be read just now; it is asked for again.',
};

/** What the services print. Held, it stays where it is while the lines go on coming in. */
export const LogsView = (): JSX.Element => {
  const logsOf = useStore(app, (state) => state.logsOf);
  const isLive = useStore(app, ({ phase }) => phase.kind === 'live');
  const [search, setSearch] = useState('');
  const [isPaused, setPaused] = useState(false);
  const buffer = useRef<LogBuffer>(createLogBuffer());
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const held = useRef<readonly LogRow[] | null>(null);
  const phase = useLogStream(logsOf, buffer.current, () => redraw(0));

  const wanted = search.trim().toLowerCase();
  const current = buffer.current.rows(wanted);
  if (!isPaused) held.current = null;
  else held.current ??= [...current];
  const rows = held.current ?? current;
  const missed = buffer.current.skipped();
  const pause = (paused: boolean): void => {
    held.current = null;
    setPaused(paused);
  };
  return (
    <section class="logs panel">
      <div class="bar">
        <Chooser chosen={logsOf} />
        <Filter
          value={search}
          onInput={(text) => {
            held.current = null;
            setSearch(text);
          }}
          label="Find in the log"
          placeholder="Find in the log"
        />
        <button
          type="button"
          class={`button ${isPaused ? 'primary' : ''}`}
          aria-pressed={isPaused}
          onClick={() => pause(!isPaused)}
        >
          <Icon name={isPaused ? 'start' : 'pause'} /> {isPaused ? 'Go on' : 'Pause'}
        </button>
        <button
          type="button"
          class="button"
          onClick={() => {
            buffer.current.clear();
            pause(false);
            redraw(0);
          }}
        >
          Clear
        </button>
        <span class="spacer" />
        <span class="dim" role="status">
          {wanted === '' ? '' : `${rows.length} found; `}
          {missed === 0 ? `${rows.length} lines` : `${missed.toLocaleString('en')} lines came too fast; the files have them`}
        </span>
      </div>
      {rows.length > 0 ? null : !isLive ? (
        <Unread what="The log" />
      ) : (
        <p class="empty">{wanted === '' || phase !== 'live' ? nothingYet[phase] : 'No line has that in it.'}</p>
      )}
      <VirtualList
        class="log-list"
        role="log"
        label="Log"
        count={rows.length}
        rowHeight={rowHeight}
        isFollowing={!isPaused}
        onScroll={(isAtEnd) => {
          if (!isAtEnd && !isPaused && rows.length > 0) pause(true);
          else if (isAtEnd && isPaused) pause(false);
        }}
        row={(index) => {
          const row = rows[index];
          return row === undefined ? null : <Row key={row.id} row={row} search={wanted} hasName={logsOf.length !== 1} />;
        }}
      />
    </section>
  );
};

const Row = ({
  row,
  search,
  hasName,
}: {
  readonly row: LogRow;
  readonly search: string;
  readonly hasName: boolean;
}): JSX.Element => (
  <div class={`log-row ${row.kind === 'gap' ? 'is-gap' : row.isError ? 'is-error' : ''}`}>
    {hasName ? (
      <span class={`log-name hue-${hueOf(row.service)}`} title={row.service}>
        {shorten(row.service, 13)}
      </span>
    ) : null}
    {row.kind === 'gap' ? (
      <span class="log-text">… {row.count.toLocaleString('en')} lines left out</span>
    ) : (
      <span class="log-text">
        <AnsiLine text={row.text} found={search} />
      </span>
    )}
  </div>
);

/** The same name has the same colour each time. */
const hueOf = (name: string): number => {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + letter.charCodeAt(0)) % 9973;
  return sum % 8;
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
