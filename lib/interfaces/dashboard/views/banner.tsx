import type { JSX } from 'preact';
import { app } from '../state/app.ts';
import { useStore } from '../state/store.ts';
import type { StackAnswer } from '../state/types.ts';
import { formatClock, tellEdits } from '../state/words.ts';

/** What has to be known before anything else on the page is believed. */
export const Banner = (): JSX.Element => {
  const phase = useStore(app, (state) => state.phase);
  const asOf = useStore(app, (state) => state.asOf);
  const stack = useStore(app, (state) => state.stack);
  const survivors = useStore(app, (state) => state.survivors);
  const services = useStore(app, (state) => state.services);
  return (
    <div class="banners" role="status">
      {asOf === null ? null : (
        <p class="banner tone-warn">
          <strong>As of {formatClock(asOf.wall)}:</strong>{' '}
          {phase.kind === 'ended' ? 'the supervisor has ended.' : 'no connection to the supervisor; it is tried again and again.'}
        </p>
      )}
      {survivors.map(({ name, processes }) => (
        <p key={name} class="banner tone-bad">
          <strong>{name} could not be ended:</strong>{' '}
          {processes.map(({ pid, command }) => `process ${pid} (${command})`).join(', ')}
        </p>
      ))}
      {stack === null || asOf !== null ? null : <Edited stack={stack} services={[...services.values()]} />}
    </div>
  );
};

const Edited = ({ stack, services }: { readonly stack: StackAnswer; readonly services: StackAnswer['services'] }) => {
  const told = tellEdits({ file: stack.file, edited: stack.edited ?? null, services });
  if (told === null) return null;
  return (
    <p class={`banner ${told.problem === null ? 'tone-busy' : 'tone-warn'}`}>
      <strong>{told.text}</strong> {told.problem ?? told.names}
      {told.problem === null ? (
        <>
          {' '}
          <code>muster up</code> applies it.
        </>
      ) : null}
    </p>
  );
};
