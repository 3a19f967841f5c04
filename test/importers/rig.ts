import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { readSystemFacts } from '../../lib/config/facts.ts';
import { loadStack } from '../../lib/config/load.ts';
import type { Diagnostic } from '../../lib/domain/diagnostic.ts';
import type { Stack } from '../../lib/domain/service.ts';
import { createFileReader } from '../../lib/interfaces/importers/files.ts';
import { isImported } from '../../lib/interfaces/importers/importer.ts';
import type { Remark } from '../../lib/interfaces/importers/ledger.ts';
import { findImporter, importers } from '../../lib/interfaces/importers/registry.ts';
import { toServicesYaml } from '../../lib/interfaces/importers/write.ts';

export type Outcome = {
  /** Null: the files could not be read. */
  readonly text: string | null;
  /** What the import said of files that it could not read. */
  readonly refused: readonly Diagnostic[];
  /** `web.volumes: why`, without the file. */
  readonly losses: readonly Remark[];
  readonly notes: readonly Remark[];
  /** What `muster check` says of the result, without looking for programs. */
  readonly diagnostics: readonly Diagnostic[];
  readonly stack: Stack | null;
};

/** Imports the named files, or the first, out of a folder with these files in it. */
export const importFiles = async (
  contents: Readonly<Record<string, string>>,
  options: { readonly named?: readonly string[]; readonly format?: string } = {},
): Promise<Outcome> => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'muster-import-')));
  try {
    for (const [file, text] of Object.entries(contents)) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    }
    const files = createFileReader();
    const sources = [];
    for (const name of options.named ?? Object.keys(contents).slice(0, 1)) {
      const source = await files.read(join(folder, name), name);
      if ('severity' in source) return { ...nothing, refused: [source] };
      sources.push(source);
    }
    const [first] = sources;
    if (first === undefined) throw new Error('name a file');
    const importer =
      options.format === undefined
        ? findImporter(first.file.split('/').at(-1) ?? '', first.text)
        : importers.find(({ format }) => format === options.format);
    if (importer === null || importer === undefined) throw new Error(`no importer takes ${first.file}`);
    const imported = await importer.toDraft({ sources, out: folder, files });
    if (!isImported(imported)) return { ...nothing, refused: imported };
    const text = toServicesYaml(imported.draft);
    writeFileSync(join(folder, 'services.yaml'), text);
    const { stack, diagnostics } = await loadStack({
      file: 'services.yaml',
      cwd: folder,
      env: { PATH: process.env['PATH'] },
      environment: 'development',
      profiles: [],
      only: [],
      allProfiles: true,
      checkSystem: false,
      facts: readSystemFacts(),
    });
    return { text, refused: [], losses: imported.losses, notes: imported.notes, diagnostics, stack };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const nothing: Outcome = { text: null, refused: [], losses: [], notes: [], diagnostics: [], stack: null };

/** `3: services.web.volumes`, to compare. */
export const toLines = (remarks: readonly Remark[]): readonly string[] => remarks.map(({ line, key }) => `${line}: ${key}`);

type Services = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export const servicesOf = (text: string | null): Services => (parse(text ?? '') as { services: Services }).services;

/** The services that come of a Compose file, which `check` finds nothing wrong with. */
export const importCompose = async (compose: string, more: Readonly<Record<string, string>> = {}): Promise<Services> => {
  const { text, diagnostics } = await importFiles({ 'compose.yaml': compose, ...more });
  expect(diagnostics.filter(({ severity }) => severity === 'error')).to.deep.equal([]);
  return servicesOf(text);
};
