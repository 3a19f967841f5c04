import type { JSX } from 'preact';
import type { WholeRun } from '../../../domain/stats.ts';
import { formatMs } from '../state/words.ts';

const shown = 120;
const [widest, height] = [960, 120];

type BarsProps = {
  readonly runs: readonly WholeRun[];
  /** The number of the one that is shown in full. */
  readonly chosen: number | null;
  readonly onChoose: (run: number) => void;
};

/** Arrows go from bar to bar, so that all of them are one stop of the Tab key. */
const press = ({ key, currentTarget }: JSX.TargetedKeyboardEvent<SVGRectElement>, choose: () => void): boolean => {
  if (key === 'Enter' || key === ' ') {
    choose();
    return true;
  }
  const other = key === 'ArrowLeft' ? currentTarget.previousSibling : key === 'ArrowRight' ? currentTarget.nextSibling : null;
  if (other instanceof SVGRectElement) other.focus();
  return other instanceof SVGRectElement;
};

/** Each boot of the whole stack as a bar, the newest on the right; what did not come up is another colour and hatched. */
export const Bars = ({ runs, chosen, onChoose }: BarsProps): JSX.Element => {
  const last = runs.slice(-shown);
  if (last.length === 0) return <p class="dim">None yet.</p>;
  const longest = Math.max(...last.map(({ ms }) => ms), 1);
  const step = Math.min(28, widest / last.length);
  const width = Math.max(360, last.length * step + 60);
  return (
    <svg
      class="bars"
      viewBox={`0 -18 ${width} ${height + 36}`}
      width={width}
      role="group"
      aria-label={`The last ${last.length} boots; the longest took ${formatMs(longest)}`}
    >
      <defs>
        <pattern id="hatched" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <path d="M0 0v6" class="hatch" />
        </pattern>
      </defs>
      <path d={`M0 ${height + 0.5}H${width}`} class="axis" />
      <path d={`M0 0.5H${width}`} class="axis soft" />
      {last.map(({ run, at, ms, outcome }, index) => {
        const tall = Math.max(2, (ms / longest) * height);
        return (
          <rect
            key={run}
            x={index * step}
            y={height - tall}
            width={Math.max(1, step - 3)}
            height={tall}
            rx={Math.min(2, step / 4)}
            class={`run run-${outcome} ${run === chosen ? 'is-chosen' : ''}`}
            role="button"
            aria-label={`Run ${run}: ${outcome} after ${formatMs(ms)}`}
            aria-pressed={run === chosen}
            data-run={run}
            tabindex={run === (chosen ?? last.at(-1)?.run) ? 0 : -1}
            onClick={() => onChoose(run)}
            onKeyDown={(event) => {
              if (!press(event, () => onChoose(run))) return;
              event.preventDefault();
              event.stopPropagation();
            }}
          >
            <title>{`run ${run}, ${new Date(at).toLocaleString()}: ${outcome} after ${formatMs(ms)}`}</title>
          </rect>
        );
      })}
      <text x={width} y={-5} class="axis-text end">
        {formatMs(longest)}
      </text>
      <text x={0} y={height + 15} class="axis-text">{`run ${last[0]?.run ?? ''}`}</text>
      {last.length === 1 ? null : (
        <text x={Math.max(60, last.length * step)} y={height + 15} class="axis-text end">{`${last.at(-1)?.run ?? ''}`}</text>
      )}
    </svg>
  );
};

export const Sparkline = ({ values }: { readonly values: readonly number[] }): JSX.Element | null => {
  if (values.length < 2) return null;
  const most = Math.max(...values, 1);
  const points = values.map(
    (value, index) => `${((index / (values.length - 1)) * 98 + 1).toFixed(1)},${(19 - (value / most) * 17).toFixed(1)}`,
  );
  return (
    <svg class="sparkline" width="100" height="20" viewBox="0 0 100 20" aria-hidden="true">
      <polyline points={points.join(' ')} />
    </svg>
  );
};
