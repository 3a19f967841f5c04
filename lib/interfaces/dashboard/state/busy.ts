import type { AppState } from './app.ts';

const words = ['start', 'stop', 'restart'] as const;
export type Word = (typeof words)[number];

/** As it stands in `busy`. */
export const toAction = (word: Word, name: string): string => `${word} ${name}`;

/** Not to be asked for now. A start or a restart may never end: it never stands in the way of a stop. */
export const isBusy = (
  { busy, stopping, phase }: Pick<AppState, 'busy' | 'stopping' | 'phase'>,
  word: Word,
  name: string,
): boolean =>
  stopping ||
  phase.kind !== 'live' ||
  (word === 'stop' ? busy.has(toAction('stop', name)) : words.some((each) => busy.has(toAction(each, name))));
