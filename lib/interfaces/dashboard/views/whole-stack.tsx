import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { app } from '../state/app.ts';
import { useStore } from '../state/store.ts';
import { actOnAll, type WholeAction } from '../state/whole-stack.ts';
import { Dialog } from './dialogs.tsx';

/** What is done to all services at once; the end of everything only when it was asked for twice. */
export const WholeStack = (): JSX.Element => {
  const [step, setStep] = useState<'closed' | 'open' | 'down'>('closed');
  const isOff = useStore(app, (state) => state.stopping || state.phase.kind !== 'live');
  return (
    <>
      <button
        type="button"
        class="button"
        aria-haspopup="dialog"
        aria-disabled={isOff}
        onClick={() => {
          if (!isOff) setStep('open');
        }}
      >
        All services …
      </button>
      {step === 'open' ? <Choice onDown={() => setStep('down')} onClose={() => setStep('closed')} /> : null}
      {step === 'down' ? <Down onClose={() => setStep('closed')} /> : null}
    </>
  );
};

type Closing = { readonly onClose: () => void };

const Choice = ({ onDown, onClose }: Closing & { readonly onDown: () => void }): JSX.Element => {
  const button = (action: WholeAction, word: string): JSX.Element => (
    <button
      type="button"
      class="button"
      onClick={() => {
        onClose();
        void actOnAll(action);
      }}
    >
      {word}
    </button>
  );
  return (
    <Dialog title="All services" onClose={onClose}>
      <p>
        In the order in which they need each other. Stopped, they can be started again from here; a stack that is down cannot.
      </p>
      <div class="buttons">
        <button type="button" class="button" autofocus onClick={onClose}>
          Cancel
        </button>
        {button('start', 'Start all')}
        {button('restart', 'Restart all')}
        {button('stop', 'Stop all')}
        <button type="button" class="button" onClick={onDown}>
          Down …
        </button>
      </div>
    </Dialog>
  );
};

const Down = ({ onClose }: Closing): JSX.Element => {
  const name = useStore(app, (state) => state.stack?.name) ?? '';
  const count = useStore(app, (state) => state.order.length);
  return (
    <Dialog title={`Take ${name} down?`} onClose={onClose}>
      <p>
        {count === 1 ? 'Its service is' : `All ${count} services are`} stopped, the last ones to start first, and the supervisor
        ends, and this page with it. <code>muster up</code> starts it again.
      </p>
      <div class="buttons">
        <button type="button" class="button" autofocus onClick={onClose}>
          Cancel
        </button>
        <button
          type="button"
          class="button primary"
          onClick={() => {
            onClose();
            void actOnAll('down');
          }}
        >
          Take it down
        </button>
      </div>
    </Dialog>
  );
};
