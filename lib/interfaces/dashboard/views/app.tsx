import type { JSX } from 'preact';
import { Unread } from '../parts/unread.tsx';
import { app, show, type View, views } from '../state/app.ts';
import { useStore } from '../state/store.ts';
import { Banner } from './banner.tsx';
import { BootView } from './boot.tsx';
import { Details } from './details.tsx';
import { ConfirmDialog, HelpDialog } from './dialogs.tsx';
import { GraphView } from './graph.tsx';
import { Header } from './header.tsx';
import { HistoryView } from './history.tsx';
import { Locked } from './locked.tsx';
import { LogsView } from './logs.tsx';
import { PortsView } from './ports.tsx';
import { ServicesView } from './services.tsx';
import { Toasts } from './toasts.tsx';

const titles: Readonly<Record<View, string>> = {
  services: 'Services',
  graph: 'Graph',
  boot: 'Boot',
  logs: 'Logs',
  history: 'History',
  ports: 'Ports',
};

const bodies: Readonly<Record<View, () => JSX.Element>> = {
  services: ServicesView,
  graph: GraphView,
  boot: BootView,
  logs: LogsView,
  history: HistoryView,
  ports: PortsView,
};

export const App = (): JSX.Element => {
  const phase = useStore(app, (state) => state.phase);
  const view = useStore(app, (state) => state.view);
  const isOpen = useStore(app, (state) => state.isOpen && state.services.has(state.selected ?? ''));
  const hasStack = useStore(app, (state) => state.stack !== null);
  const isStale = useStore(app, (state) => state.asOf !== null);
  if (phase.kind === 'locked') return <Locked problem={phase.problem} />;
  const Body = bodies[view];
  return (
    <div class={`app ${isOpen ? 'with-details' : ''} ${isStale ? 'is-stale' : ''}`}>
      <Header />
      <Banner />
      <Tabs view={view} />
      <main class="body" id="body" role="tabpanel" aria-label={titles[view]}>
        {hasStack ? <Body /> : <Unread what="The stack" />}
      </main>
      {isOpen ? <Details /> : null}
      <ConfirmDialog />
      <HelpDialog />
      <Toasts />
    </div>
  );
};

const Tabs = ({ view }: { readonly view: View }): JSX.Element => {
  const step = (event: KeyboardEvent): void => {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    const next = views[(views.indexOf(view) + by + views.length) % views.length];
    if (by === 0 || next === undefined) return;
    event.preventDefault();
    show(next);
    document.getElementById(`tab-${next}`)?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label="Views" onKeyDown={step}>
      {views.map((each) => (
        <button
          key={each}
          id={`tab-${each}`}
          type="button"
          role="tab"
          class="tab"
          aria-selected={each === view}
          aria-controls="body"
          tabIndex={each === view ? 0 : -1}
          onClick={() => show(each)}
        >
          {titles[each]}
        </button>
      ))}
    </div>
  );
};
