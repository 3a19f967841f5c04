import { restart, start, stop } from './actions.ts';
import { app, select, show, views } from './app.ts';
import { isChoiceShown, toVisible } from './visible.ts';
import { isAtRest } from './words.ts';

/** Keys, as the help of the page lists them. */
export const keys: readonly (readonly [key: string, what: string])[] = [
  ['1 – 6', 'Services, Graph, Boot, Logs, History, Ports'],
  ['j k, ↓ ↑', 'Choose a service'],
  ['Enter', 'Show the chosen one'],
  ['s', 'Start or stop the chosen one'],
  ['r', 'Restart it'],
  ['l', 'Show its log'],
  ['/', 'Find'],
  ['Esc', 'Close'],
  ['?', 'This help'],
];

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.closest('input, textarea, select') !== null || target.isContentEditable);

export const listenToKeys = (): void => {
  document.addEventListener('keydown', (event) => {
    const { confirming, isHelpOpen, phase } = app.get();
    if (event.ctrlKey || event.metaKey || event.altKey || phase.kind === 'locked') return;
    // An open dialog has its own keys.
    if (confirming !== null || isHelpOpen) return;
    if (isTyping(event.target)) {
      if (event.key === 'Escape' && event.target instanceof HTMLElement) event.target.blur();
      return;
    }
    if (press(event)) event.preventDefault();
  });
};

const moves: ReadonlySet<string> = new Set(['j', 'k', 'ArrowDown', 'ArrowUp']);

/** True: it was one of ours. */
const press = ({ key, target, repeat }: KeyboardEvent): boolean => {
  const { selected, isOpen, services } = app.get();
  // A key that is held goes through the services; whatever else it does, it does once.
  if (repeat && !moves.has(key)) return false;
  const view = views[Number(key) - 1];
  if (view !== undefined) {
    show(view);
    return true;
  }
  // A button that has the focus is pressed by Enter itself.
  if (key === 'Enter' && target instanceof Element && target.closest('button, a, summary, [role=button]') !== null) return false;
  switch (key) {
    case 'j':
    case 'ArrowDown':
      return move(1, key);
    case 'k':
    case 'ArrowUp':
      return move(-1, key);
    case '?':
      app.set({ isHelpOpen: true });
      return true;
    case '/':
      document.querySelector<HTMLInputElement>('input[type=search]')?.focus();
      return true;
    case 'Escape':
      if (isOpen) app.set({ isOpen: false });
      return isOpen;
    default:
  }
  const service = selected === null ? undefined : services.get(selected);
  if (service === undefined) return false;
  switch (key) {
    case 'Enter':
      app.set({ isOpen: true });
      return true;
    case 's':
      if (!isChoiceShown(app.get())) return false;
      if (isAtRest(service.state)) start(service.name);
      else stop(service.name);
      return true;
    case 'r':
      if (!isChoiceShown(app.get())) return false;
      restart(service.name);
      return true;
    case 'l':
      app.set({ logsOf: [service.name] });
      show('logs');
      return true;
    default:
      return false;
  }
};

/** In a log the arrows scroll. */
const move = (by: number, key: string): boolean => {
  const state = app.get();
  if (state.view !== 'services' && key.startsWith('Arrow')) return false;
  if (state.view === 'logs') return false;
  const names = toVisible(state);
  if (names.length === 0) return false;
  const at = state.selected === null ? -1 : names.indexOf(state.selected);
  const next = at === -1 ? (by > 0 ? 0 : names.length - 1) : Math.min(names.length - 1, Math.max(0, at + by));
  select(names[next] ?? null, state.isOpen);
  return true;
};
