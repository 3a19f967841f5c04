import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findPackage } from '../version.ts';
import type { StaticFiles } from './handler.ts';

/** What the page is made of; `scripts/build.mjs` puts it into dist/dashboard. Nothing else is ever served. */
const table = [
  ['/', 'index.html', 'text/html; charset=utf-8'],
  ['/app.js', 'app.js', 'text/javascript; charset=utf-8'],
  ['/app.css', 'app.css', 'text/css; charset=utf-8'],
  ['/icon.svg', 'icon.svg', 'image/svg+xml'],
] as const;

export type Page = { readonly ok: true; readonly files: StaticFiles } | { readonly ok: false; readonly reason: string };

/** Read once, when the dashboard is opened: what is changed on the disk afterwards is not served. */
export const readPage = (): Page => {
  const folder = join(findPackage().folder, 'dist', 'dashboard');
  try {
    return {
      ok: true,
      files: new Map(table.map(([path, file, type]) => [path, { type, bytes: readFileSync(join(folder, file)) }])),
    };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return { ok: false, reason: `the page cannot be read from ${folder} (${code}); npm run build makes it` };
  }
};
