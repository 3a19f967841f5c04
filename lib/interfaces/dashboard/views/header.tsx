import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { Shape } from '../parts/shape.tsx';
import { useNow } from '../parts/use-now.ts';
import { type AppState, app } from '../state/app.ts';
import { useStore } from '../state/store.ts';
import type { StateKind } from '../state/types.ts';
import { formatAge, toneOf, verdictWords } from '../state/words.ts';

/** What is wrong comes first: where there is no room, it is the rest that is left out. */
const counted: readonly StateKind[] = [
  'failed',
  'unhealthy',
  'backoff',
  'skipped',
  'stopping',
  'starting',
  'delayed',
  'waiting',
  'ready',
  'completed',
  'stopped',
  'idle',
];

/** Also told where there is little room. */
const urgent: ReadonlySet<StateKind> = new Set(['failed', 'unhealthy', 'backoff']);

export const Header = (): JSX.Element => {
  const stack = useStore(app, (state) => state.stack);
  const services = useStore(app, (state) => state.services);
  const counts = new Map<StateKind, number>();
  let isHarmless = true;
  for (const { state, optional } of services.values()) {
    counts.set(state, (counts.get(state) ?? 0) + 1);
    if (state === 'failed' && !optional) isHarmless = false;
  }
  return (
    <header class="header">
      <h1 class="stack-name">
        <img src="/icon.svg" width="22" height="22" alt="muster" />
        <span class="cut" title={stack?.name}>
          {stack?.name ?? 'muster'}
        </span>
      </h1>
      {stack === null ? null : <span class="chip">{stack.environment}</span>}
      <Verdict />
      <ul class="counts" aria-label="Services by state">
        {counted.map((state) => {
          const count = counts.get(state) ?? 0;
          return count === 0 ? null : (
            <li
              key={state}
              class={`count ${urgent.has(state) ? 'is-urgent' : ''} tone-${toneOf({ state, optional: isHarmless })}`}
            >
              <Shape state={state} size={12} /> {count} {state}
            </li>
          );
        })}
      </ul>
      <span class="spacer" />
      <Uptime />
      <Connection />
    </header>
  );
};

const Verdict = (): JSX.Element => {
  const [word = '', tone] = useStore(app, tellVerdict).split('/');
  const name = useStore(app, (state) => state.stack?.name ?? null);
  const isLost = useStore(app, ({ phase }) => phase.kind === 'lost');
  useEffect(() => {
    document.title = name === null ? 'muster' : `${name}: ${isLost ? 'no connection' : word} – muster`;
  }, [name, word, isLost]);
  return (
    <strong class={`verdict tone-${tone}`} role="status">
      <span class="dot" aria-hidden="true" /> {word}
    </strong>
  );
};

const tellVerdict = ({ verdict, stopping, booting, phase }: AppState): string => {
  if (phase.kind === 'ended') return 'ended/dim';
  if (stopping) return 'stopping/busy';
  if (verdict === null) return booting ? 'booting/busy' : 'changing/busy';
  return verdictWords[verdict].join('/');
};

const Uptime = (): JSX.Element | null => {
  const stack = useStore(app, (state) => state.stack);
  const now = useNow(1_000);
  if (stack === null) return null;
  // Since the page was opened the time runs on here, too.
  const since = stack.elapsed + (now - (arrivals.get(stack) ?? remember(stack, now)));
  return (
    <span class="dim uptime" title={`muster ${stack.version}, pid ${stack.pid}, ${stack.file}`}>
      {formatAge(since)}
    </span>
  );
};

const arrivals = new WeakMap<object, number>();
const remember = (stack: object, now: number): number => {
  arrivals.set(stack, now);
  return now;
};

const Connection = (): JSX.Element => {
  const kind = useStore(app, ({ phase }) => phase.kind);
  const [word, tone] =
    kind === 'live'
      ? ['live', 'good']
      : kind === 'ended'
        ? ['ended', 'dim']
        : kind === 'lost'
          ? ['no connection', 'warn']
          : ['connecting', 'busy'];
  return (
    <span class={`connection tone-${tone}`} role="status">
      <span class="dot" aria-hidden="true" /> {word}
    </span>
  );
};
