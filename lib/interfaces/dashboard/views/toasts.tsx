import type { JSX } from 'preact';
import { Icon } from '../parts/icon.tsx';
import { app, dismiss } from '../state/app.ts';
import { useStore } from '../state/store.ts';

export const Toasts = (): JSX.Element => {
  const toasts = useStore(app, (state) => state.toasts);
  return (
    <div class="toasts" aria-live="polite">
      {toasts.map(({ id, tone, text }) => (
        <div key={id} class={`toast ${tone}`}>
          <span>{text}</span>
          <button type="button" class="action" aria-label="Close this message" onClick={() => dismiss(id)}>
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  );
};
