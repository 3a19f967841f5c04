import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Document, isCollection, isMap, isPair, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Diagnostic } from '../../lib/domain/diagnostic.ts';
import { findImporter } from '../../lib/interfaces/importers/registry.ts';
import { importFiles, type Outcome } from './rig.ts';

const own = join(import.meta.dirname, '..', 'data', 'import');

/** Compose files that others have published. They are no part of this project, and are read where they lie beside it. */
const published = [
  process.env['MUSTER_IMPORT_FILES'],
  ...['..', '../..'].map((up) => join(own, '../../..', up, 'shared', 'compose')),
]
  .filter((folder) => folder !== undefined)
  .find((folder) => existsSync(folder));

const folders = [own, ...(published === undefined ? [] : [published])];

/** What holds anyway, so that the result is the same without it. */
const isDefault = (path: readonly string[], value: unknown): boolean => {
  const key = path.at(-1);
  const said = `${key}=${String(value)}`;
  return [
    'host=127.0.0.1',
    'scheme=http',
    'mode=replicated',
    'mode=ingress',
    'protocol=tcp',
    'required=true',
    'condition=service_started',
    'init=true',
    'restart=false',
    'disable=false',
    'interval=30s',
    'timeout=30s',
    'retries=3',
  ].includes(said);
};

type Setting = {
  readonly path: readonly (string | number)[];
  readonly first: number;
  readonly last: number;
  readonly value: unknown;
};

/** Every key of every map, and every item of every list, with its lines. */
const settingsOf = (document: Document, lines: LineCounter): readonly Setting[] => {
  const found: Setting[] = [];
  const visit = (node: unknown, path: readonly (string | number)[]): void => {
    if (!isMap(node) && !isSeq(node)) return;
    for (const [index, item] of node.items.entries()) {
      const step = isPair(item) ? String(isScalar(item.key) ? item.key.value : item.key) : index;
      const value: unknown = isPair(item) ? item.value : item;
      if (step === '<<') continue;
      const keyRange = isPair(item) && isScalar(item.key) ? item.key.range : null;
      const range = isScalar(value) || isCollection(value) ? value.range : null;
      const start = keyRange?.[0] ?? range?.[0] ?? 0;
      const end = Math.max(start, (range?.[1] ?? start) - 1);
      const here = [...path, step];
      found.push({
        path: here,
        first: lines.linePos(start).line,
        last: lines.linePos(end).line,
        value: isScalar(value) ? value.value : null,
      });
      visit(value, here);
    }
  };
  visit(document.contents, []);
  return found;
};

/** A setting is accounted for when the result is another without it, or when it, or what it is in, is told. */
const isTold = ({ losses, notes }: Outcome, { path, first, last }: Setting): boolean => {
  const key = path.join('.');
  return [...losses, ...notes].some(
    ({ line, key: told }) => (line >= first && line <= last) || key === told || key.startsWith(`${told}.`),
  );
};

/** Null: an alias in it has lost its anchor. */
const toTextOf = (document: Document, isJson: boolean): string | null => {
  try {
    return isJson ? JSON.stringify(document.toJS()) : String(document);
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('Unresolved alias')) return null;
    throw error;
  }
};

/** What only a person can say, each with a word about it in the file or the list; and files that are not here. */
const isForPeople = ({ code }: Diagnostic): boolean =>
  ['cluster-only', 'missing-key', 'env-file-missing', 'variable-unset'].includes(code);

describe('no setting of an imported file is lost in silence', () => {
  it('twenty and more Compose files that others have published are among them', function () {
    if (published === undefined) this.skip();
    expect(readdirSync(published).filter((name) => /\.ya?ml$/.test(name)).length).to.be.at.least(20);
  });

  for (const folder of folders) {
    for (const file of readdirSync(folder).filter((name) => /\.(ya?ml|json)$/.test(name) && name !== 'package.json')) {
      it(`${file}: without any one of its settings the result is another, or the setting is listed`, async function () {
        const text = readFileSync(join(folder, file), 'utf8');
        // What is left is read without the comments of an editor's JSON, and with its lines where they were.
        const plain = file.endsWith('.json') ? text.replaceAll(/^(\s*)\/\/.*$/gm, '$1') : text;
        const lines = new LineCounter();
        const document = parseDocument(plain, { lineCounter: lines });
        const format = findImporter(file, text)?.format ?? 'compose';
        const whole = await importFiles({ [file]: text }, { format });
        expect(whole.refused).to.deep.equal([]);
        const wrong = whole.diagnostics.filter((each) => each.severity === 'error' && !isForPeople(each));
        expect(wrong, whole.text ?? '').to.deep.equal([]);
        const isAsked = whole.diagnostics.some(({ code }) => code === 'cluster-only' || code === 'missing-key');
        if (isAsked) expect(whole.text).to.include('DECIDE:');
        const silent: string[] = [];
        for (const setting of settingsOf(document, lines)) {
          if (isDefault(setting.path.map(String), setting.value)) continue;
          const less = parseDocument(plain);
          less.deleteIn(setting.path);
          const rest = toTextOf(less, file.endsWith('.json'));
          // An alias needs it; what it holds is looked at one by one.
          if (rest === null) continue;
          const without = await importFiles({ [file]: rest }, { format });
          if (without.text === whole.text && !isTold(whole, setting)) silent.push(`${setting.first}: ${setting.path.join('.')}`);
        }
        expect(silent).to.deep.equal([]);
      });
    }
  }
});
