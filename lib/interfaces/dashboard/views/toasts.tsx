import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Icon } from '../parts/icon.tsx';
import { app, dismiss } from '../state/app.ts';
import { useStore } from '../state/store.ts';
import { toShown } from '../state/toasts.ts';

export const Toasts = (): JSX.Element => {
  const toasts = useStore(app, (state) => state.toasts);
  const [isWhole, setWhole] = useState(false);
  const { shown, more } = toShown(toasts);
  const closeBad = (): void => app.set({ toasts: toasts.filter(({ tone }) => tone !== 'bad') });
  return (
    <div class="toasts" aria-live="polite">
      {more === 0 ? null : (
        <div class="toast bad toast-sum">
          <span>
            {more} more {more === 1 ? 'message' : 'messages'}
          </span>
          <span class="toast-buttons">
            <button type="button" class="button" aria-expanded={isWhole} onClick={() => setWhole(!isWhole)}>
              {isWhole ? 'Show fewer' : 'Show all'}
            </button>
            <button type="button" class="button" onClick={closeBad}>
              Close all
            </button>
          </span>
        </div>
      )}
      {(isWhole ? toasts : shown).map(({ id, tone, text, times }) => (
        <div key={id} class={`toast ${tone}`}>
          <span>
            {text}
            {times === 1 ? '' : ` (${times} times)`}
          </span>
          <button type="button" class="action" aria-label="Close this message" onClick={() => dismiss(id)}>
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  );
};
