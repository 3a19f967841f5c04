import { type Diagnostic, formatDiagnostic, formatPlace } from '../../../domain/diagnostic.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import { createTheme, type Look, type Style } from './theme.ts';

const styles: Readonly<Record<Diagnostic['severity'], Style>> = { error: 'bad', warning: 'warn', hint: 'dim' };

/** One line each, errors first. Names and values in them come from a file that may be anybody's. */
export const renderDiagnostics = (diagnostics: readonly Diagnostic[], look: Look): string[] => {
  const theme = createTheme(look);
  return bySeverity(diagnostics).map((diagnostic) => {
    const place = toSafeText(formatPlace(diagnostic), { colours: false }).trimEnd();
    const line = toSafeText(formatDiagnostic(diagnostic), { colours: false });
    return theme.paint(styles[diagnostic.severity], place) + line.slice(place.length);
  });
};

/** The order within each severity is kept. */
export const bySeverity = (diagnostics: readonly Diagnostic[]): Diagnostic[] =>
  (['error', 'warning', 'hint'] as const).flatMap((severity) =>
    diagnostics.filter((diagnostic) => diagnostic.severity === severity),
  );
