import type { JSX } from 'preact';
import { Gantt } from '../parts/gantt.tsx';
import { Unread } from '../parts/unread.tsx';
import { useNow } from '../parts/use-now.ts';
import { app, select } from '../state/app.ts';
import { usePolled } from '../state/poll.ts';
import { useStore } from '../state/store.ts';
import type { BootAnswer, PlanAnswer, RunAnswer } from '../state/types.ts';
import { formatMs } from '../state/words.ts';

/** The boot while it happens, with when everything is usually ready; afterwards what it was made of. */
export const BootView = (): JSX.Element => {
  const boot = useStore(app, (state) => state.boot);
  const boots = useStore(app, (state) => state.boots);
  const selected = useStore(app, (state) => state.selected);
  const isBooting = useStore(app, (state) => state.booting);
  const { value: plan } = usePolled<PlanAnswer>('plan', null, boots);
  const { value: run } = usePolled<RunAnswer>(boot === null || boot.run === null ? null : `runs/${boot.run}`, null, boots);
  const now = useNow(100, isBooting);
  if (boot === null) return <Unread what="The timeline" />;
  if (boot.services.length === 0) return <p class="empty">Nothing was booted yet.</p>;
  const arrived = arrivals.get(boot) ?? remember(boot, now);
  const elapsed = boot.booting ? boot.elapsed + (now - arrived) : boot.elapsed;
  const usualTotal = plan?.total ?? null;
  const end = boot.booting ? Math.max(elapsed * 1.05, usualTotal ?? 0, 500) : Math.max(elapsed, 1);
  const critical = boot.booting ? (plan?.critical ?? []) : (run?.chain.flatMap(({ service }) => service ?? []) ?? []);
  const usual = new Map(
    boot.booting ? (plan?.services ?? []).flatMap(({ name, ready }) => (ready === null ? [] : [[name, ready] as const])) : [],
  );
  return (
    <section class="boot panel">
      <div class="bar">
        <Summary boot={boot} elapsed={elapsed} usual={usualTotal} run={run} />
        <span class="spacer" />
        <Legend />
      </div>
      <div class="scroll" tabIndex={0} role="group" aria-label="Boot timeline">
        <Gantt
          rows={boot.services}
          end={end}
          now={elapsed}
          critical={new Set(critical)}
          usual={usual}
          selected={selected}
          onChoose={(name) => select(name)}
        />
      </div>
    </section>
  );
};

const arrivals = new WeakMap<object, number>();
const remember = (boot: object, now: number): number => {
  arrivals.set(boot, now);
  return now;
};

type SummaryProps = {
  readonly boot: BootAnswer;
  readonly elapsed: number;
  readonly usual: number | null;
  readonly run: RunAnswer | null;
};

const Summary = ({ boot, elapsed, usual, run }: SummaryProps): JSX.Element => {
  if (boot.booting) {
    return (
      <span class="boot-summary">
        <strong>Booting for {formatMs(elapsed)}</strong>
        {usual === null ? null : (
          <>
            <span class="dim">; usually {formatMs(usual)}</span>
            <progress max={1} value={Math.min(1, elapsed / usual)} aria-label="Progress of the boot" />
          </>
        )}
      </span>
    );
  }
  const chain = [...new Set(run?.chain.flatMap(({ service }) => service ?? []))];
  return (
    <span class="boot-summary">
      <strong>
        {boot.outcome} after {formatMs(boot.elapsed)}
      </strong>
      {chain.length === 0 ? null : (
        <span class="dim" title="The critical path: what the length of the boot is made of">
          ; critical path {chain.slice(0, 6).join(' → ')}
          {chain.length > 6 ? ' → …' : ''}
        </span>
      )}
    </span>
  );
};

const Legend = (): JSX.Element => (
  <span class="legend dim">
    <span class="span span-waiting" /> waits <span class="span span-starting" /> starts <span class="span span-backoff" /> pause{' '}
    <span class="span span-failed" /> failed <span class="star" /> critical
  </span>
);
