import type { Survival } from '../../supervisor/survival.ts';

/** What became of a stack whose supervisor was killed, in sentences. */
export const tellSurvival = ({ predecessor, adopted, stopping, unseen, ended, survivors }: Survival): readonly string[] => [
  ...(predecessor === null ? [] : [`the previous supervisor died (pid ${predecessor.pid}); going on where it was`]),
  ...list('took over from an earlier run, as they are', adopted),
  ...list('their stop had begun and is finished', stopping),
  ...list('died unseen while no supervisor lived, exit code unknown', unseen),
  ...list('ended what an earlier run had left', ended),
  ...survivors.map(
    ({ name, survivors: left }) =>
      `${name}: could not be ended: ${left.map(({ pid, command }) => `pid ${pid} (${command})`).join(', ')}`,
  ),
];

const list = (what: string, names: readonly string[]): readonly string[] =>
  names.length === 0 ? [] : [`${what}: ${names.join(', ')}`];
