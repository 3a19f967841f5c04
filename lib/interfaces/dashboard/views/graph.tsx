import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { Shape } from '../parts/shape.tsx';
import { Unread } from '../parts/unread.tsx';
import { app, select } from '../state/app.ts';
import { type Box, boxHeight, layOut, only, relatives, shorten } from '../state/graph-layout.ts';
import { useStore } from '../state/store.ts';
import { toneOf } from '../state/words.ts';

/** More than this cannot be read when all of it is on the screen. */
const legible = 60;
/** Pixels: a wider one is scrolled, not shrunk. */
const widest = 1_800;

/** Who needs whom, with the live states in it. Choosing one shows everything that hangs on it. */
export const GraphView = (): JSX.Element => {
  const graph = useStore(app, (state) => state.graph);
  const selected = useStore(app, (state) => state.selected);
  const [fit, setFit] = useState<boolean | null>(null);
  const chosen = useMemo(() => (graph === null || selected === null ? null : relatives(graph, selected)), [graph, selected]);
  // Among hundreds, what stands out would still be lost: then the others are left out.
  const shown = useMemo(
    () => (graph !== null && chosen !== null && graph.services.length > legible ? only(graph, chosen) : graph),
    [graph, chosen],
  );
  const layout = useMemo(() => (shown === null ? null : layOut(shown)), [shown]);
  if (shown === null || layout === null) return <Unread what="The graph" />;
  const isFitted = fit ?? (shown.services.length <= legible && layout.width <= widest);
  const isOff = (name: string): boolean => chosen !== null && !chosen.has(name);
  return (
    <section class="graph panel">
      <div class="bar">
        <span class="dim">An arrow leads to who waits; dashed: it goes on without. Square: a task.</span>
        <span class="spacer" />
        {selected === null ? null : (
          <button type="button" class="button" onClick={() => select(null)}>
            Show all
          </button>
        )}
        <button type="button" class="button" aria-pressed={isFitted} onClick={() => setFit(!isFitted)}>
          Fit
        </button>
      </div>
      <div class="graph-box" tabIndex={0} role="group" aria-label="Dependency graph">
        <svg
          viewBox={`0 0 ${layout.width} ${layout.height}`}
          width={isFitted ? '100%' : layout.width}
          height={isFitted ? '100%' : layout.height}
          preserveAspectRatio="xMidYMid meet"
          class={isFitted ? 'fitted' : ''}
          style={isFitted ? { maxWidth: `${layout.width * 1.4}px` } : {}}
        >
          <defs>
            <marker id="arrow" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" markerHeight="7" orient="auto">
              <path d="M0 0 8 4 0 8z" class="arrow" />
            </marker>
          </defs>
          {layout.lines.map(({ from, to, d, required, condition }) => (
            <path
              key={`${from} ${to}`}
              d={d}
              class={`edge ${required ? '' : 'soft'} ${isOff(from) || isOff(to) ? 'off' : ''} ${chosen !== null && !isOff(from) && !isOff(to) ? 'on' : ''}`}
              marker-end="url(#arrow)"
            >
              <title>{`${from} → ${to}: ${condition}`}</title>
            </path>
          ))}
          {layout.boxes.map((box) => (
            <Node key={box.name} box={box} isOff={isOff(box.name)} />
          ))}
        </svg>
      </div>
    </section>
  );
};

const Node = ({ box, isOff }: { readonly box: Box; readonly isOff: boolean }): JSX.Element | null => {
  const service = useStore(app, (state) => state.services.get(box.name));
  const isSelected = useStore(app, (state) => state.selected === box.name);
  if (service === undefined) return null;
  const { name, x, y, width } = box;
  const open = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    event.stopPropagation();
    select(name);
  };
  return (
    <g
      class={`node tone-${toneOf(service)} ${isOff ? 'off' : ''} ${isSelected ? 'is-selected' : ''}`}
      transform={`translate(${x} ${y})`}
      role="button"
      tabindex={0}
      aria-label={`${name}, ${service.state}`}
      data-node={name}
      data-state={service.state}
      onClick={() => select(name)}
      onKeyDown={open}
    >
      <rect width={width} height={boxHeight} rx={service.type === 'task' ? 2 : 9} class={service.optional ? 'soft' : ''} />
      <g transform={`translate(11 ${boxHeight / 2 - 7})`}>
        <Shape state={service.state} />
      </g>
      <text x={33} y={boxHeight / 2 + 4.5}>
        {shorten(name)}
      </text>
      <title>{`${name}: ${service.state}`}</title>
    </g>
  );
};
