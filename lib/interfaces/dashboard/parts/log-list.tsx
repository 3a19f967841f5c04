import type { ComponentChildren, JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { shorten } from '../state/graph-layout.ts';
import type { LogRow } from '../state/log-buffer.ts';
import { formatLogTime } from '../state/log-text.ts';
import { AnsiLine } from './ansi.tsx';
import { phone, useMedia } from './use-now.ts';
import { VirtualList } from './virtual-list.tsx';

const rowHeight = 19;
/** Lines whose height nobody knows are all drawn, so they are fewer. */
const mostWrapped = 1_000;

type Columns = { readonly search: string; readonly hasName: boolean; readonly hasTime: boolean };

export type LogListProps = Columns & {
  readonly rows: readonly LogRow[];
  readonly isWrapped: boolean;
  /** Stays at its end while it grows. */
  readonly isFollowing: boolean;
  readonly onScroll: (isAtEnd: boolean) => void;
};

export const LogList = ({ rows, isWrapped, isFollowing, onScroll, ...columns }: LogListProps): JSX.Element => {
  const draw = (row: LogRow | undefined): JSX.Element | null =>
    row === undefined ? null : <Row key={row.id} row={row} {...columns} />;
  if (isWrapped)
    return (
      <Wrapped isFollowing={isFollowing} onScroll={onScroll}>
        {rows.length <= mostWrapped ? null : <p class="dim">Wrapped, the newest {mostWrapped.toLocaleString('en')} are shown.</p>}
        {rows.slice(-mostWrapped).map(draw)}
      </Wrapped>
    );
  return (
    <VirtualList
      class="log-list"
      role="log"
      label="Log"
      count={rows.length}
      rowHeight={rowHeight}
      isFollowing={isFollowing}
      onScroll={onScroll}
      row={(index) => draw(rows[index])}
    />
  );
};

type WrappedProps = Pick<LogListProps, 'isFollowing' | 'onScroll'> & { readonly children: ComponentChildren };

const Wrapped = ({ isFollowing, onScroll, children }: WrappedProps): JSX.Element => {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (isFollowing && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  });
  return (
    <div
      ref={box}
      class="virtual log-list is-wrapped"
      role="log"
      aria-live="off"
      aria-label="Log"
      tabIndex={0}
      onScroll={({ currentTarget: { scrollTop, clientHeight, scrollHeight } }) =>
        onScroll(scrollTop + clientHeight >= scrollHeight - rowHeight)
      }
    >
      {children}
    </div>
  );
};

const Row = ({ row, search, hasName, hasTime }: Columns & { readonly row: LogRow }): JSX.Element => {
  const isPhone = useMedia(phone);
  return (
    <div class={`log-row ${row.kind === 'gap' ? 'is-gap' : row.isError ? 'is-error' : ''}`}>
      {hasTime ? <span class="log-time">{row.kind === 'line' ? formatLogTime(row.at) : ''}</span> : null}
      {hasName ? (
        <span class={`log-name hue-${hueOf(row.service)}`} title={row.service}>
          {shorten(row.service, isPhone ? 7 : 12)}
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
};

/** The same name has the same colour each time. */
const hueOf = (name: string): number => {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + letter.charCodeAt(0)) % 9973;
  return sum % 8;
};
