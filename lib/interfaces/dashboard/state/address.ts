import { app, toast, type View, views } from './app.ts';
import { signIn, takeCode } from './session.ts';

/** The view that the address names; null: none that there is. */
export const viewInAddress = (): View | null =>
  location.hash === '' || location.hash === '#/' ? 'services' : (views.find((view) => location.hash === `#/${view}`) ?? null);

/** Somebody has typed or pasted another address into this tab, or went back: a browser loads nothing anew for what is behind the #. */
export const takeAddress = async (): Promise<void> => {
  const code = takeCode();
  if (code === null) {
    const view = viewInAddress();
    if (view !== null) app.set({ view });
    return;
  }
  const problem = await signIn(code);
  // Everything begins again, with the new token.
  if (problem === null) location.reload();
  else if (app.get().phase.kind === 'live') toast(problem, 'bad');
  else app.set({ phase: { kind: 'locked', problem } });
};
