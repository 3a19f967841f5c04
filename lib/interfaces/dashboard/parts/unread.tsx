import type { JSX } from 'preact';
import type { Failure } from '../state/api.ts';
import { app } from '../state/app.ts';
import { useStore } from '../state/store.ts';

type UnreadProps = {
  /** What it is, as it begins a sentence: "The memory". */
  readonly what: string;
  readonly failure?: Failure | null;
  readonly class?: string;
};

/** In place of what is not there yet: it is being read, or it cannot be read. */
export const Unread = ({ what, failure = null, class: style = 'empty' }: UnreadProps): JSX.Element => {
  const phase = useStore(app, (state) => state.phase.kind);
  const problem =
    phase === 'ended'
      ? 'the supervisor has ended'
      : phase === 'lost'
        ? 'there is no connection to the supervisor'
        : (failure?.message ?? null);
  return <p class={style}>{problem === null ? `${what} is being read …` : `${what} cannot be read: ${problem}.`}</p>;
};
