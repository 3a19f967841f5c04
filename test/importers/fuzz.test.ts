import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import type { Source } from '../../lib/config/source.ts';
import { isImported } from '../../lib/interfaces/importers/importer.ts';
import { findImporter } from '../../lib/interfaces/importers/registry.ts';
import { toServicesYaml } from '../../lib/interfaces/importers/write.ts';
import { mutate } from '../fuzz/mutate.ts';
import { createRandom } from '../support/random.ts';

const folder = join(import.meta.dirname, '..', 'data', 'import');
const seed = Number(process.env['MUSTER_FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const runs = Number(process.env['MUSTER_FUZZ_RUNS'] ?? 150);

const toSource = (file: string, text: string): Source => ({
  file,
  root: '/project',
  absolute: `/project/${file}`,
  text,
  position: (offset) => ({ line: text.slice(0, offset).split('\n').length, column: 1 }),
});

/** No file is there but the one that is read. */
const files = {
  read: (_: string, shown: string) =>
    Promise.resolve({
      severity: 'error',
      code: 'file-not-found',
      file: shown,
      line: 1,
      column: 1,
      message: 'file does not exist',
      hint: null,
    } as const),
  kindOf: () => null,
};

describe('importers, given files that somebody has broken', () => {
  for (const file of readdirSync(folder)) {
    it(`${file}: is refused or imported, never with an exception, and what comes of it can be read (seed ${seed})`, async function () {
      const text = readFileSync(join(folder, file), 'utf8');
      const importer = findImporter(file, text);
      if (importer === null) throw new Error(`nobody takes ${file}`);
      for (let run = 0; run < runs; run += 1) {
        const broken = mutate(text, createRandom(seed + run), text);
        const told = `seed ${seed + run}`;
        let imported: Awaited<ReturnType<typeof importer.toDraft>>;
        try {
          imported = await importer.toDraft({ sources: [toSource(file, broken)], out: '/project', files });
        } catch (error) {
          throw new Error(`${told}: ${error instanceof Error ? error.stack : String(error)}`, { cause: error });
        }
        if (!isImported(imported)) expect(imported, told).not.to.have.lengthOf(0);
        else {
          const written = toServicesYaml(imported.draft);
          expect(() => void parse(written), `${told}:\n${written}`).not.to.throw();
        }
      }
    });
  }
});
