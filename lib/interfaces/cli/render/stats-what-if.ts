import type { Prediction } from '../../../domain/what-if.ts';
import { type Change, tellChange } from '../../../domain/what-if-words.ts';
import { formatDuration } from '../../../domain/words.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import { tellDifference } from './shift.ts';
import { createTheme, type Look } from './theme.ts';

const mostMoved = 12;

/** What a boot would have taken, and which services would be ready at another time. */
export const renderPrediction = (prediction: Prediction, asked: readonly Change[], look: Look): string[] => {
  const theme = createTheme(look);
  const { run, before, after, chainBefore, chainAfter, moved, notes } = prediction;
  const share = before === 0 ? '' : `, ${Math.round((Math.abs(after - before) / before) * 100)} %`;
  const isSame = Math.round(after - before) === 0;
  return [
    `run ${run} took ${formatDuration(before)}; with ${asked.map((change) => safe(tellChange(change))).join(' and ')} it would have taken ` +
      theme.paint('bold', isSame ? 'as long' : formatDuration(after)) +
      (isSame ? '' : ` (${tellDifference(after - before)}${share})`),
    ...moved
      .slice(0, mostMoved)
      .map((one) => `  ${safe(one.service)} ready at ${formatDuration(one.after)} instead of ${formatDuration(one.before)}`),
    ...(moved.length > mostMoved ? [`  and ${moved.length - mostMoved} more`] : []),
    chainBefore.join('\n') === chainAfter.join('\n')
      ? `critical path, as before: ${tellChain(chainAfter)}`
      : `critical path: ${tellChain(chainAfter)}, instead of ${tellChain(chainBefore)}`,
    ...notes.map((note) => `note: ${safe(note)}`),
  ].map(theme.text);
};

const tellChain = (chain: readonly string[]): string => chain.map(safe).join(' → ');
const safe = (text: string): string => toSafeText(text, { colours: false });
