/** `times`: so often, as the newest of them. */
export type Toast = { readonly id: number; readonly tone: 'info' | 'bad'; readonly text: string; readonly times: number };

const mostInfos = 4;
const mostBad = 500;

/** What is bad stays until it is closed; of the rest the newest are kept. What was said already is said once more, not beside it. */
export const addToast = (toasts: readonly Toast[], { id, tone, text }: Omit<Toast, 'times'>): readonly Toast[] => {
  const same = toasts.find((each) => each.tone === tone && each.text === text);
  const all = [...toasts.filter((each) => each !== same), { id, tone, text, times: (same?.times ?? 0) + 1 }];
  const newest = new Set([
    ...all.filter((each) => each.tone === 'info').slice(-mostInfos),
    ...all.filter((each) => each.tone === 'bad').slice(-mostBad),
  ]);
  return all.filter((each) => newest.has(each));
};

const shownBad = 3;

/** What there is room for, and how many bad ones are older than those. */
export const toShown = (toasts: readonly Toast[]): { readonly shown: readonly Toast[]; readonly more: number } => {
  const bad = toasts.filter(({ tone }) => tone === 'bad');
  const older = new Set(bad.slice(0, Math.max(0, bad.length - shownBad)));
  return { shown: toasts.filter((each) => !older.has(each)), more: older.size };
};
