import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Bars, Sparkline } from '../parts/charts.tsx';
import { Gantt } from '../parts/gantt.tsx';
import { Icon } from '../parts/icon.tsx';
import { Name } from '../parts/name.tsx';
import { Unread } from '../parts/unread.tsx';
import { app, select } from '../state/app.ts';
import { usePolled } from '../state/poll.ts';
import { useStore } from '../state/store.ts';
import type { RunAnswer, StatsAnswer } from '../state/types.ts';
import { formatMs } from '../state/words.ts';

/** How long boots take, which service makes them slow, what got slower since when. */
export const HistoryView = (): JSX.Element => {
  const boots = useStore(app, (state) => state.boots);
  const [chosen, setChosen] = useState<number | null>(null);
  const { value: stats, failure } = usePolled<StatsAnswer>('stats', null, boots);
  if (stats === null) return <Unread what="The memory" failure={failure} />;
  const { stack, services, shifts, hints } = stats;
  if (stack.runs === 0 && services.length === 0) return <p class="empty">No boot is remembered yet.</p>;
  return (
    <section class="history panel scroll" tabIndex={0}>
      <div class="cards">
        <Card name="Boots" value={String(stack.runs)} />
        <Card name="Last" value={stack.last === null ? '–' : formatMs(stack.last)} />
        <Card name="Usually (p50)" value={stack.p50 === null ? '–' : formatMs(stack.p50)} />
        <Card name="Slow (p95)" value={stack.p95 === null ? '–' : formatMs(stack.p95)} />
      </div>
      <h2>Boots of the whole stack</h2>
      <Bars runs={stack.wholeRuns} chosen={chosen} onChoose={(run) => setChosen(run === chosen ? null : run)} />
      {chosen === null ? null : <Run id={chosen} onClose={() => setChosen(null)} />}
      <Regressions shifts={shifts} />
      {hints.length === 0 ? null : (
        <>
          <h2>Worth a look</h2>
          <ul class="notes">
            {hints.map(({ service, code, message }) => (
              <li key={`${service} ${code}`}>{message}</li>
            ))}
          </ul>
        </>
      )}
      <h2>Services</h2>
      <Table services={services} />
    </section>
  );
};

/** One boot of before, as it was. */
const Run = ({ id, onClose }: { readonly id: number; readonly onClose: () => void }): JSX.Element => {
  const { value: run, failure } = usePolled<RunAnswer>(`runs/${id}`, null);
  const selected = useStore(app, (state) => state.selected);
  if (run === null) return <Unread class="dim" what={`Run ${id}`} failure={failure} />;
  return (
    <section class="run-view" aria-label={`Run ${id}`}>
      <div class="run-head">
        <h3>
          Run {id}, {new Date(run.startedAt).toLocaleString()}: {run.outcome} after {formatMs(run.duration)}
        </h3>
        <button type="button" class="action" aria-label={`Close run ${id}`} onClick={onClose}>
          <Icon name="close" />
        </button>
      </div>
      <Gantt
        rows={run.timeline}
        end={Math.max(1, run.duration)}
        now={run.duration}
        critical={new Set(run.chain.flatMap(({ service }) => service ?? []))}
        usual={new Map()}
        selected={selected}
        onChoose={(name) => select(name)}
      />
    </section>
  );
};

const Card = ({ name, value }: { readonly name: string; readonly value: string }): JSX.Element => (
  <div class="card">
    <span class="dim">{name}</span>
    <strong>{value}</strong>
  </div>
);

const Regressions = ({ shifts }: Pick<StatsAnswer, 'shifts'>): JSX.Element => (
  <>
    <h2>What changed</h2>
    {shifts.length === 0 ? (
      <p class="dim">Nothing got slower or faster, beyond chance.</p>
    ) : (
      <ul class="notes">
        {shifts.map(({ service, direction, before, now, since, confidence, definitionChanged }) => (
          <li key={service ?? ''} class={direction === 'slower' ? 'is-slower' : 'is-faster'}>
            <strong>{service ?? 'the whole boot'}</strong> is {direction} since run {since.run} (
            {new Date(since.at).toLocaleDateString()}): {formatMs(before)} → {formatMs(now)}, {Math.floor(confidence * 100)} %
            sure
            {definitionChanged ? '; its definition changed just then' : ''}
          </li>
        ))}
      </ul>
    )}
  </>
);

const Table = ({ services }: Pick<StatsAnswer, 'services'>): JSX.Element => (
  <table class="table">
    <thead>
      <tr>
        <th scope="col">Service</th>
        <th scope="col" class="number">
          Boots
        </th>
        <th scope="col" class="number">
          Failed
        </th>
        <th scope="col" class="number">
          Last
        </th>
        <th scope="col" class="number">
          p50
        </th>
        <th scope="col" class="number">
          p95
        </th>
        <th scope="col" class="wide">
          Trend
        </th>
      </tr>
    </thead>
    <tbody>
      {services.map(({ name, boots, failures, last, p50, p95, samples, trend }) => (
        <tr key={name}>
          <th scope="row">
            <button type="button" class="link" aria-label={name} onClick={() => select(name)}>
              <Name name={name} />
            </button>
          </th>
          <td class="number">{boots}</td>
          <td class={`number ${failures > 0 ? 'tone-warn' : ''}`}>{failures === 0 ? '' : failures}</td>
          {[last, p50, p95].map((ms, index) => (
            <td key={index} class="number">
              {ms === null ? '–' : formatMs(ms)}
            </td>
          ))}
          <td class="wide">
            <Sparkline values={samples.slice(-40).map(({ ms }) => ms)} />{' '}
            <span class={trend.direction === 'slower' ? 'tone-warn' : 'dim'}>
              {trend.direction === 'unknown' || trend.direction === 'steady' ? '' : trend.direction}
            </span>
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);
