import type { JSX } from 'preact';
import { toSteps } from '../state/scale.ts';
import type { TimelineRow } from '../state/types.ts';
import { formatMs } from '../state/words.ts';
import { Name } from './name.tsx';
import { phone, useMedia } from './use-now.ts';

export type GanttProps = {
  readonly rows: readonly TimelineRow[];
  /** The right edge, in milliseconds. */
  readonly end: number;
  /** Where a span that goes on ends for now. */
  readonly now: number;
  readonly critical: ReadonlySet<string>;
  /** When each is usually ready. */
  readonly usual: ReadonlyMap<string, number>;
  readonly onChoose: (name: string) => void;
  readonly selected: string | null;
};

/** A row for each service: what it waited for, how long it started, when it was ready. */
export const Gantt = ({ rows, end, now, critical, usual, onChoose, selected }: GanttProps): JSX.Element => {
  const at = (ms: number): string => `${(Math.min(ms, end) / Math.max(1, end)) * 100}%`;
  const isPhone = useMedia(phone);
  const steps = toSteps(end, isPhone ? 2 : 5);
  return (
    <div class="gantt" role="table" aria-label="Timeline of the boot">
      <div class="gantt-axis" aria-hidden="true">
        <span />
        <div class="gantt-track">
          {steps.map((step) => (
            <span key={step} class="gantt-step" style={{ left: at(step) }}>
              {formatMs(step)}
            </span>
          ))}
        </div>
        <span />
      </div>
      {rows.map(({ name, spans, ready }) => (
        <div
          key={name}
          class={`gantt-row ${critical.has(name) ? 'is-critical' : ''} ${selected === name ? 'is-selected' : ''}`}
          role="row"
          data-timeline={name}
        >
          <span class="gantt-name" role="rowheader">
            <button type="button" class="link" aria-label={name} onClick={() => onChoose(name)}>
              <Name name={name} />
            </button>
            {critical.has(name) ? <span class="star" title="On the critical path" aria-label="on the critical path" /> : null}
          </span>
          <div class="gantt-track" role="cell" aria-label={tell(spans, ready)}>
            {steps.map((step) => (
              <span key={step} class="gantt-grid" style={{ left: at(step) }} />
            ))}
            {spans.map(({ state, from, to }, index) => (
              <span
                key={index}
                class={`span span-${state} ${to === null ? 'is-open' : ''}`}
                title={`${state}: ${formatMs((to ?? now) - from)}`}
                style={{
                  left: at(from),
                  width: `max(2px, ${(Math.max(0, Math.min(to ?? now, end) - from) / Math.max(1, end)) * 100}%)`,
                }}
              />
            ))}
            {usual.has(name) ? (
              <span
                class="usual"
                title={`usually ready after ${formatMs(usual.get(name) ?? 0)}`}
                style={{ left: at(usual.get(name) ?? 0) }}
              />
            ) : null}
          </div>
          <span class="gantt-ready number" role="cell">
            {ready === null ? '' : formatMs(ready)}
          </span>
        </div>
      ))}
    </div>
  );
};

const tell = (spans: TimelineRow['spans'], ready: number | null): string =>
  `${spans.map(({ state, from, to }) => `${state} from ${formatMs(from)}${to === null ? '' : ` for ${formatMs(to - from)}`}`).join(', ')}${ready === null ? '' : `; ready after ${formatMs(ready)}`}`;
