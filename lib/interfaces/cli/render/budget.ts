import type { Verdict } from '../../../domain/budget.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import { createTheme, type Look } from './theme.ts';

/** One line each, kept or not. */
export const renderVerdicts = (verdicts: readonly Verdict[], look: Look): string[] => {
  const theme = createTheme(look);
  return verdicts.map(({ ok, reason }) => `${theme.shape(ok ? 'ready' : 'failed')} ${toSafeText(reason, { colours: false })}`);
};
