import { type AsOf, toAsOf } from './as-of.ts';
import { createStore, type Store } from './store.ts';
import { addToast, type Toast } from './toasts.ts';
import type { BootAnswer, GraphAnswer, ServiceSnapshot, StackAnswer, Survivors, Usage, Verdict } from './types.ts';

/** A service, and when that was true: its times run on from there. */
export type Seen = ServiceSnapshot & { readonly seenAt: number };

export type Phase =
  /** There is no token. `problem`: why the code that the address brought was not good. */
  | { readonly kind: 'locked'; readonly problem: string | null }
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  | { readonly kind: 'lost' }
  | { readonly kind: 'ended' };

/** What of the log is shown, and how; it stays when another view is looked at. */
export type LogShown = {
  readonly search: string;
  readonly hasTime: boolean;
  readonly isWrapped: boolean;
  /** Only what was written to stderr. */
  readonly isErrorsOnly: boolean;
};

export const views = ['services', 'graph', 'boot', 'logs', 'history', 'ports'] as const;
export type View = (typeof views)[number];

export type AppState = {
  readonly phase: Phase;
  /** Since when nothing is heard of the stack: what is shown was true then. Null: it is heard of. */
  readonly asOf: AsOf | null;
  readonly stack: StackAnswer | null;
  /** The stack was made another: what is known of it is to be asked for again. */
  readonly isStackDue: boolean;
  /** Id of the newest event. */
  readonly heard: string | null;
  readonly booting: boolean;
  readonly verdict: Verdict | null;
  readonly stopping: boolean;
  /** What could not be ended, when it has ended. */
  readonly survivors: readonly Survivors[];
  /** In the order of the graph. */
  readonly order: readonly string[];
  readonly services: ReadonlyMap<string, Seen>;
  readonly usage: ReadonlyMap<string, Usage>;
  readonly graph: GraphAnswer | null;
  /** Counts up when a boot has ended: what is remembered is to be asked for again. */
  readonly boots: number;
  readonly boot: BootAnswer | null;
  readonly view: View;
  readonly selected: string | null;
  readonly isOpen: boolean;
  readonly filter: string;
  readonly isFailedFirst: boolean;
  /** Of which services the log view shows the lines; empty: of all. */
  readonly logsOf: readonly string[];
  readonly logShown: LogShown;
  readonly toasts: readonly Toast[];
  readonly confirming: Confirming | null;
  readonly isHelpOpen: boolean;
  /** Actions of ours under way: `restart api`. */
  readonly busy: ReadonlySet<string>;
};

export type Confirming = {
  readonly action: 'stop' | 'restart';
  readonly name: string;
  /** Those that need it and run, directly or through another. */
  readonly dependents: readonly string[];
};

export const app: Store<AppState> = createStore<AppState>({
  phase: { kind: 'connecting' },
  asOf: null,
  stack: null,
  isStackDue: false,
  heard: null,
  booting: false,
  verdict: null,
  stopping: false,
  survivors: [],
  order: [],
  services: new Map(),
  usage: new Map(),
  graph: null,
  boots: 0,
  boot: null,
  view: 'services',
  selected: null,
  isOpen: false,
  filter: '',
  isFailedFirst: true,
  logsOf: [],
  logShown: { search: '', hasTime: true, isWrapped: false, isErrorsOnly: false },
  toasts: [],
  confirming: null,
  isHelpOpen: false,
  busy: new Set(),
});

let lastToast = 0;
const toastLife = 7_000;

export const toast = (text: string, tone: Toast['tone'] = 'info'): void => {
  lastToast += 1;
  const id = lastToast;
  app.set({ toasts: addToast(app.get().toasts, { id, tone, text }) });
  if (tone === 'info') setTimeout(() => dismiss(id), toastLife);
};

export const dismiss = (id: number): void => app.set({ toasts: app.get().toasts.filter((each) => each.id !== id) });

export const showLog = (patch: Partial<LogShown>): void => app.set({ logShown: { ...app.get().logShown, ...patch } });

/** The address of a view, so that it can be gone back to; never of anything secret. */
export const show = (view: View): void => {
  const address = `#/${view}`;
  if (location.hash !== address) history.pushState(null, '', address);
  app.set({ view });
};

export const select = (name: string | null, isOpen: boolean = name !== null): void => app.set({ selected: name, isOpen });

/** Notes when the connection is lost, and that it is there again. */
export const followLoss = (): void => {
  app.subscribe(() => {
    const { phase, asOf } = app.get();
    const next = toAsOf(phase.kind, asOf, () => ({ wall: Date.now(), page: performance.now() }));
    if (next !== asOf) app.set({ asOf: next });
  });
};
