import type { AppState } from './app.ts';

type Chosen = Pick<AppState, 'selected' | 'isOpen' | 'logsOf' | 'confirming'>;

/** What is left of what was chosen when there are only services of these names. */
export const withoutGone = ({ selected, isOpen, logsOf, confirming }: Chosen, names: ReadonlySet<string>): Chosen => {
  const isThere = selected === null || names.has(selected);
  return {
    selected: isThere ? selected : null,
    isOpen: isThere && isOpen,
    logsOf: logsOf.every((name) => names.has(name)) ? logsOf : logsOf.filter((name) => names.has(name)),
    confirming: confirming === null || names.has(confirming.name) ? confirming : null,
  };
};
