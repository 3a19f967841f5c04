import path from 'node:path';
import type { Source } from '../../../config/source.ts';
import type { Diagnostic } from '../../../domain/diagnostic.ts';
import type { FileReader } from '../importer.ts';
import type { Ledger } from '../ledger.ts';
import { findEntry, isNothing, type MapTree, type Spot, scalarText, type Tree } from '../tree.ts';
import { toYamlTree } from '../yaml-tree.ts';

/** More files than any stack is made of. */
export const mostFiles = 100;

export type ComposeLoad = { readonly files: FileReader; readonly ledger: Ledger; left: number };

/** Also in the form of the first version, where the services stand at the top. */
export const toStack = (source: Source): MapTree | readonly Diagnostic[] => {
  const tree = toYamlTree(source);
  if (!('kind' in tree)) return tree;
  const { file } = source;
  const fail = (code: Diagnostic['code'], message: string, hint: string): readonly Diagnostic[] => [
    { severity: 'error', code, file, line: 1, column: 1, message, hint },
  ];
  if (isNothing(tree)) return fail('empty-file', 'file is empty', 'name a Compose file with services in it');
  if (tree.kind !== 'map')
    return fail('wrong-type', 'this is not a Compose file: it holds no map', 'name another, or say --format');
  if (findEntry(tree, 'services') !== null || findEntry(tree, 'include') !== null) return tree;
  const services = tree.entries.filter(({ value }) => findEntry(value, 'image') !== null || findEntry(value, 'build') !== null);
  if (services.length === 0) {
    const isEmpty = tree.entries.every(({ key }) => /^(version|name|networks|volumes|configs|secrets|x-.*)$/.test(key));
    if (isEmpty) return tree;
    return fail('missing-key', 'this is not a Compose file: it has no "services"', 'name another, or say --format');
  }
  const rest = tree.entries.filter((entry) => !services.includes(entry));
  const value: Tree = { kind: 'map', at: tree.at, path: [], tag: null, entries: services };
  return { ...tree, entries: [...rest, { key: 'services', at: tree.at, path: ['services'], value }] };
};

export const describe = (diagnostics: readonly Diagnostic[]): string =>
  diagnostics.map(({ file, line, message }) => `${file}:${line}: ${message}`)[0] ?? 'it cannot be read';

/** A further file, named in a file; null: it could not be read, which has been told. */
export const readBeside = async (named: Tree, load: ComposeLoad): Promise<Source | null> => {
  const { ledger, files } = load;
  const text = scalarText(named);
  const refuse = (spot: Spot, why: string): null => {
    ledger.lose(spot, why);
    return null;
  };
  if (text === null) return refuse(named, 'it should be the name of a file');
  if (/^[a-z][a-z0-9+.-]*:/i.test(text) || text.startsWith('git@')) return refuse(named, 'only files of this machine are read');
  if (text.includes('$')) return refuse(named, 'a file whose name holds a variable is not read');
  if ((load.left -= 1) < 0) return refuse(named, `more than ${mostFiles} files are not read`);
  const absolute = path.resolve(named.at.folder, text);
  const source = await files.read(absolute, path.join(path.dirname(named.at.file), text));
  return 'severity' in source ? refuse(named, `${source.file}: ${source.message}`) : source;
};
