import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { act } from '../state/actions.ts';
import { app, type Confirming } from '../state/app.ts';
import { keys } from '../state/keys.ts';
import { useStore } from '../state/store.ts';

type DialogProps = { readonly title: string; readonly onClose: () => void; readonly children: ComponentChildren };

/** The browser's own: it keeps the focus inside, and Escape closes it. */
export const Dialog = ({ title, onClose, children }: DialogProps): JSX.Element => {
  const dialog = useRef<HTMLDialogElement>(null);
  const isOver = useRef(false);
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    // Closed before it is taken away, it gives the focus back to who had it.
    return () => {
      isOver.current = true;
      element?.close();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-label={title}
      // The keys of the page are for what is behind it.
      onKeyDown={(event) => event.stopPropagation()}
      onClose={() => {
        if (!isOver.current) onClose();
      }}
    >
      <h2>{title}</h2>
      {children}
    </dialog>
  );
};

const mostNamed = 12;

const tellNames = (names: readonly string[]): string =>
  names.length <= mostNamed ? names.join(', ') : `${names.slice(0, mostNamed).join(', ')} and ${names.length - mostNamed} more`;

export const ConfirmDialog = (): JSX.Element | null => {
  const confirming = useStore(app, (state) => state.confirming);
  if (confirming === null) return null;
  const close = (): void => app.set({ confirming: null });
  return confirming.action === 'stop' ? (
    <StopDialog {...confirming} close={close} />
  ) : (
    <RestartDialog {...confirming} close={close} />
  );
};

type Asked = Confirming & { readonly close: () => void };

const StopDialog = ({ name, dependents, close }: Asked): JSX.Element => {
  const stop = (body: Readonly<Record<string, boolean>>): void => {
    close();
    void act('stop', name, body);
  };
  return (
    <Dialog title={`Stop ${name}?`} onClose={close}>
      <p>
        {dependents.length === 1 ? 'This service needs it and runs:' : `These ${dependents.length} services need it and run:`}{' '}
        <strong>{tellNames(dependents)}</strong>
      </p>
      <div class="buttons">
        <button type="button" class="button" autofocus onClick={close}>
          Cancel
        </button>
        <button type="button" class="button" onClick={() => stop({ force: true })}>
          Stop only {name}
        </button>
        <button type="button" class="button primary" onClick={() => stop({ withDependents: true })}>
          Stop {dependents.length === 1 ? 'both' : `all ${dependents.length + 1}`}
        </button>
      </div>
    </Dialog>
  );
};

const RestartDialog = ({ name, dependents, close }: Asked): JSX.Element => {
  const edges = useStore(app, (state) => state.graph?.edges);
  const along = (edges ?? []).filter(({ from, restart }) => from === name && restart).map(({ to }) => to);
  const restart = (): void => {
    close();
    void act('restart', name);
  };
  return (
    <Dialog title={`Restart ${name}?`} onClose={close}>
      <p>
        <strong>{tellNames(dependents)}</strong> {dependents.length === 1 ? 'needs it and is' : 'need it and are'} without it for
        that time.
        {along.length === 0 ? '' : ` Restarted along: ${tellNames(along)}.`}
      </p>
      <div class="buttons">
        <button type="button" class="button" onClick={close}>
          Cancel
        </button>
        <button type="button" class="button primary" autofocus onClick={restart}>
          Restart {name}
        </button>
      </div>
    </Dialog>
  );
};

export const HelpDialog = (): JSX.Element | null => {
  const isOpen = useStore(app, (state) => state.isHelpOpen);
  const close = (): void => app.set({ isHelpOpen: false });
  return isOpen ? (
    <Dialog title="Keys" onClose={close}>
      <dl class="keys">
        {keys.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <div class="buttons">
        <button type="button" class="button primary" autofocus onClick={close}>
          Close
        </button>
      </div>
    </Dialog>
  ) : null;
};
