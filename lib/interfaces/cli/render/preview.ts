import type { Preview } from '../../../domain/preview.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import { renderFolded } from './table.ts';
import type { Theme } from './theme.ts';
import { wrapText } from './wrap.ts';

const columns = [{ title: '' }, { title: '' }, { title: '' }] as const;

/** What `muster up` would do to the stack that runs: a line a service, what is kept on one. `width`: null: nobody counts columns. */
export const renderPreview = (
  { started, restarted, stopped, kept }: Preview,
  theme: Theme,
  width: number | null = null,
): string[] => {
  const rows = [
    ...stopped.map((name) => ['stop', name, 'it is not in the file any more']),
    ...restarted.map(({ name, because }) => ['restart', name, because]),
    ...started.map(({ name, because }) => ['start', name, because]),
  ].map((row) => row.map(safe));
  const head = theme.paint('bold', rows.length === 0 ? 'it runs; up would change nothing' : 'it runs; up would');
  const [, ...lines] = rows.length === 0 ? [] : renderFolded(columns, rows, { theme, width });
  const rest =
    kept.length === 0 || rows.length === 0
      ? []
      : wrapText(`kept as they are: ${kept.map(safe).join(', ')}`, { width, most: 4, cut: theme.cut }).map((line) =>
          theme.paint('dim', line),
        );
  return ['', head, ...lines, ...rest];
};

const safe = (text: string): string => toSafeText(text, { colours: false });
