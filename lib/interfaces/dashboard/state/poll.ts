import { useEffect, useState } from 'preact/hooks';
import { get } from './api.ts';
import { app } from './app.ts';
import { keepAsking } from './keep-asking.ts';
import { takeAnswer } from './live.ts';
import { nothing, type Polled, toPolled } from './polled.ts';
import { useStore } from './store.ts';
import type { BootAnswer, GraphAnswer, StackAnswer, Usage } from './types.ts';

/** Asks at once, and again as long as the view is shown. A path of null asks for nothing yet. */
export const usePolled = <Data>(path: string | null, every: number | null, again: unknown = null): Polled<Data> => {
  const [known, setKnown] = useState<Polled<Data> & { readonly path: string | null }>({ ...nothing, path });
  const isLive = useStore(app, ({ phase }) => phase.kind === 'live');
  useEffect(() => {
    if (path === null || !isLive) return undefined;
    return keepAsking(
      () => get<Data>(path),
      (result) => setKnown((before) => ({ path, ...toPolled(before.path === path ? before : nothing, result) })),
      every,
    );
  }, [path, every, again, isLive]);
  return known.path === path ? known : nothing;
};

const usageEvery = 2_000;
const bootEvery = 400;
/** The events tell every change but that a service is gone from the file. */
const stackEvery = 5_000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** CPU and memory, while somebody looks. */
export const followUsage = async (): Promise<never> => {
  for (;;) {
    const { phase, view, isOpen } = app.get();
    if (phase.kind === 'live' && !document.hidden && (view === 'services' || isOpen)) {
      const result = await get<{ readonly services: readonly Usage[] }>('usage');
      if (result.ok) app.set({ usage: new Map(result.data.services.map((one) => [one.name, one])) });
    }
    await pause(usageEvery);
  }
};

/** Who needs whom, once, and again when the stack was exchanged; the timeline of the boot, while there is one. */
export const followFacts = async (): Promise<never> => {
  let lastBoots = -1;
  let lastStack = performance.now();
  for (;;) {
    const { phase, graph, booting, boots, isStackDue } = app.get();
    if (phase.kind === 'live') {
      if (graph === null) {
        const result = await get<GraphAnswer>('graph');
        if (result.ok) app.set({ graph: result.data });
      }
      if ((isStackDue || performance.now() - lastStack > stackEvery) && !document.hidden) {
        const result = await get<StackAnswer>('stack');
        // One that came too late is asked for again at once.
        if (!result.ok || takeAnswer(result.data)) lastStack = performance.now();
      }
      if (booting || boots !== lastBoots) {
        const result = await get<BootAnswer>('boot');
        if (result.ok) {
          app.set({ boot: result.data });
          lastBoots = boots;
        }
      }
    }
    await pause(bootEvery);
  }
};
