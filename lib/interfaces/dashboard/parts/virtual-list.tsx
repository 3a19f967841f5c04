import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

export type VirtualListProps = {
  readonly count: number;
  /** In pixels; the same for all. */
  readonly rowHeight: number;
  readonly row: (index: number) => ComponentChildren;
  readonly class: string;
  readonly role: 'grid' | 'log';
  readonly label: string;
  /** Kept in sight. */
  readonly at?: number | null;
  /** Stays at its end while it grows. */
  readonly isFollowing?: boolean;
  /** Somebody has scrolled: is the end in sight? */
  readonly onScroll?: (isAtEnd: boolean) => void;
  /** Above the rows, and always in sight. */
  readonly head?: ComponentChildren;
  /** The `id` of the row that is chosen. */
  readonly active?: string | null;
};

const overscan = 8;
/** Pixels. */
const headHeight = 30;

/** A list of any length, of which only what is in sight is there. */
export const VirtualList = (props: VirtualListProps): JSX.Element => {
  const { count, rowHeight, row, role, label, at = null, isFollowing = false, onScroll, head = null } = props;
  const above = head === null ? 0 : headHeight;
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });

  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const measure = (): void => setView({ top: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  useLayoutEffect(() => {
    if (isFollowing && box.current !== null) box.current.scrollTop = above + count * rowHeight;
  });

  useEffect(() => {
    const element = box.current;
    if (element === null || at === null) return;
    const [top, bottom] = [at * rowHeight, (at + 1) * rowHeight];
    if (top < element.scrollTop) element.scrollTop = top;
    else if (bottom + above > element.scrollTop + element.clientHeight) element.scrollTop = bottom + above - element.clientHeight;
  }, [at, rowHeight, above]);

  const handleScroll = (event: JSX.TargetedEvent<HTMLDivElement>): void => {
    const { scrollTop, clientHeight, scrollHeight } = event.currentTarget;
    setView({ top: scrollTop, height: clientHeight });
    onScroll?.(scrollTop + clientHeight >= scrollHeight - rowHeight);
  };

  const first = Math.max(0, Math.min(count, Math.floor(view.top / rowHeight)) - overscan);
  const last = Math.min(count, Math.ceil((view.top + view.height) / rowHeight) + overscan);
  const rows: ComponentChildren[] = [];
  for (let index = first; index < last; index += 1) rows.push(row(index));
  return (
    <div
      ref={box}
      class={`virtual ${props.class}`}
      role={role}
      aria-label={label}
      aria-rowcount={role === 'grid' ? count + (head === null ? 0 : 1) : undefined}
      aria-activedescendant={props.active ?? undefined}
      aria-live={role === 'log' ? 'off' : undefined}
      tabIndex={0}
      onScroll={handleScroll}
    >
      {head}
      <div class="virtual-all" role="presentation" style={{ height: `${count * rowHeight}px` }}>
        <div class="virtual-part" role="presentation" style={{ transform: `translateY(${first * rowHeight}px)` }}>
          {rows}
        </div>
      </div>
    </div>
  );
};
