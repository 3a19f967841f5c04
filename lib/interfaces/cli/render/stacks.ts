import { homedir } from 'node:os';
import { sep } from 'node:path';
import { formatDuration } from '../../../domain/words.ts';
import { displayWidth } from '../../../util/ansi.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import { renderColumns, renderTable } from './table.ts';
import { createTheme, type Look, type Style, type Theme } from './theme.ts';
import { wrapHanging } from './wrap.ts';

/** One stack of this user, as `ls` tells of it. Null: it is not known. */
export type ListedStack = {
  /** What `status` calls it: `up`, `degraded` … `stale`: its supervisor was killed. `unknown`: it does not answer. */
  readonly state: string;
  readonly name: string | null;
  readonly root: string | null;
  readonly environment: string | null;
  readonly supervisor: number | null;
  /** Epoch milliseconds. */
  readonly since: number | null;
  readonly services: { readonly up: number; readonly total: number } | null;
  /** Why it does not answer. */
  readonly problem: string | null;
};

const columns = [
  { title: 'STACK' },
  { title: 'STATE' },
  { title: 'UP', align: 'right' },
  { title: 'FOR', align: 'right' },
  { title: 'PID', align: 'right' },
  { title: 'ENVIRONMENT' },
  { title: 'FOLDER' },
] as const;

const styles: Readonly<Record<string, Style>> = {
  up: 'good',
  degraded: 'warn',
  failed: 'bad',
  'timed out': 'bad',
  stale: 'bad',
  unknown: 'bad',
  stopped: 'dim',
};

export const renderStacks = (
  stacks: readonly ListedStack[],
  { width = null, ...look }: Look & { readonly width?: number | null },
  now: number = Date.now(),
): string[] => {
  const theme = createTheme(look);
  if (stacks.length === 0) return ['nothing is running here'];
  const rows = stacks.map(({ state, name, root, environment, supervisor, since, services }) => [
    theme.paint('bold', safe(name ?? '?')),
    theme.paint(styles[state] ?? 'busy', state),
    services === null ? '' : `${services.up}/${services.total}`,
    since === null ? '' : formatDuration(Math.max(0, now - since)),
    supervisor === null ? '' : String(supervisor),
    safe(environment ?? '?'),
    safe(shorten(root ?? '?')),
  ]);
  const problems = stacks.flatMap(({ name, problem }) => (problem === null ? [] : [`${safe(name ?? '?')}: ${safe(problem)}`]));
  const hasStale = stacks.some(({ state }) => state === 'stale');
  const advice = hasStale
    ? ['stale: the supervisor was killed; in its folder "muster up" takes over what it left, "muster down" ends it']
    : [];
  const notes = [...problems, ...advice]
    .flatMap((line) => wrapHanging(line, width, '  '))
    .map((line) => theme.paint('dim', line));
  return [...toTable(rows, width, theme), ...notes];
};

/** Where a line has no room for its folder, all folders are below their stacks. */
const toTable = (rows: readonly (readonly string[])[], width: number | null, theme: Theme): readonly string[] => {
  const lines = renderTable(columns, rows, theme);
  if (width === null || lines.every((line) => displayWidth(line) <= width)) return lines;
  const short = renderColumns(-1, columns, rows, theme);
  return short.flatMap((line, at) => [theme.cut(line, width), ...(at === 0 ? [] : [`  ${rows[at - 1]?.at(-1) ?? ''}`])]);
};

const shorten = (path: string): string => {
  const home = homedir();
  return path === home || path.startsWith(home + sep) ? `~${path.slice(home.length)}` : path;
};

const safe = (text: string): string => toSafeText(text, { colours: false });
