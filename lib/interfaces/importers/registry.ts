import { composeImporter } from './compose.ts';
import type { Importer } from './importer.ts';
import { packageImporter } from './package-scripts.ts';
import { pm2Importer } from './pm2.ts';
import { processComposeImporter } from './process-compose.ts';
import { procfileImporter } from './procfile.ts';
import { vscodeImporter } from './vscode.ts';

/** Every format that can be read. Where a name says nothing, the first that the content looks like. */
export const importers: readonly Importer[] = [
  processComposeImporter,
  pm2Importer,
  packageImporter,
  vscodeImporter,
  composeImporter,
  procfileImporter,
];

/** By its name, else by what is in it; null: nobody knows it. */
export const findImporter = (name: string, text: string): Importer | null =>
  importers.find((importer) => importer.isNamed(name)) ?? importers.find((importer) => importer.looksLike(text, name)) ?? null;
