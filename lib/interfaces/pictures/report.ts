import { escapeXml } from './svg.ts';

export type Report = {
  readonly title: string;
  /** SVG, as the drawings give it. */
  readonly drawings: readonly string[];
  readonly notes: readonly string[];
  readonly tables: readonly {
    readonly caption: string;
    readonly columns: readonly string[];
    readonly rows: readonly (readonly string[])[];
  }[];
};

const style = `
  :root { color-scheme: light dark; --ground: #f6f8fa; --card: #fff; --ink: #1f2328; --dim: #656d76; --line: #d8dee4; }
  @media (prefers-color-scheme: dark) { :root { --ground: #010409; --card: #0d1117; --ink: #e6edf3; --dim: #9198a1; --line: #30363d; } }
  body { margin: 0; padding: 24px; background: var(--ground); color: var(--ink); font: 14px/1.5 ui-sans-serif, system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
  main { max-width: 1100px; margin: 0 auto; } h1 { font-size: 20px; }
  section { background: var(--card); border: 1px solid var(--line); border-radius: 8px; margin: 16px 0; padding: 12px; overflow-x: auto; }
  table { border-collapse: collapse; } caption { text-align: left; font-weight: 600; padding-bottom: 6px; }
  th, td { padding: 3px 14px 3px 0; text-align: left; font-variant-numeric: tabular-nums; border-bottom: 1px solid var(--line); } th { color: var(--dim); font-weight: 500; }
  footer { color: var(--dim); font-size: 12px; }`;

/**
 * One page that needs nothing but itself: no script at all, nothing loaded from anywhere, which its own policy forbids as well, so
 * that it can be opened from a disk and attached to a CI job, whatever the services are called.
 */
export const renderReport = ({ title, drawings, notes, tables }: Report): string =>
  [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeXml(title)}</title>`,
    `<style>${style}\n</style>`,
    '</head>',
    '<body>',
    '<main>',
    `<h1>${escapeXml(title)}</h1>`,
    ...(notes.length === 0 ? [] : [`<section><ul>${notes.map((note) => `<li>${escapeXml(note)}</li>`).join('')}</ul></section>`]),
    ...drawings.map((svg) => `<section>${svg}</section>`),
    ...tables.map(
      ({ caption, columns, rows }) =>
        `<section><table><caption>${escapeXml(caption)}</caption><thead><tr>${columns.map((column) => `<th>${escapeXml(column)}</th>`).join('')}</tr></thead><tbody>${rows
          .map((row) => `<tr>${row.map((cell) => `<td>${escapeXml(cell)}</td>`).join('')}</tr>`)
          .join('')}</tbody></table></section>`,
    ),
    '<footer>made by muster stats --html</footer>',
    '</main>',
    '</body>',
    '</html>',
    '',
  ].join('\n');
