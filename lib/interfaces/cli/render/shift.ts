import type { Ms } from '../../../domain/service.ts';
import type { Shift } from '../../../domain/slower.ts';
import { formatDuration } from '../../../domain/words.ts';
import { toDay } from '../../../util/local-time.ts';
import { toSafeText } from '../../../util/terminal-text.ts';

/** `api +1.8 s (p50 0.9 s → 2.7 s) since run 41, 2026-11-03, when its definition changed (99.7 % sure, 20 boots since)`. */
export const tellShift = ({ service, before, now, since, definitionChanged, confidence, boots }: Shift): string => {
  const name = service === null ? '(stack)' : toSafeText(service, { colours: false });
  const why = definitionChanged ? `, when its definition changed` : '';
  return (
    `${name} ${tellDifference(now - before)} (p50 ${formatDuration(before)} → ${formatDuration(now)}) ` +
    `since run ${since.run}, ${toDay(since.at)}${why} (${tellConfidence(confidence)} sure, ${boots[1]} boots since)`
  );
};

/** `+1.8 s`, `-120 ms`, `±0 ms`. */
export const tellDifference = (ms: Ms): string => {
  const size = formatDuration(Math.abs(ms));
  if (Math.round(ms) === 0) return `±${size}`;
  return `${ms > 0 ? '+' : '−'}${size}`;
};

/** Never 100 %: nothing is, and the test has only so many draws. */
const tellConfidence = (confidence: number): string => `${Math.min(99.9, Math.floor(confidence * 1000) / 10)} %`;
