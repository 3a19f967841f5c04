import type { Source } from '../../../config/source.ts';
import type { Diagnostic } from '../../../domain/diagnostic.ts';
import type { Ledger } from '../ledger.ts';
import { type Entry, findEntry, type MapTree, type Tree } from '../tree.ts';
import { resolveExtends } from './extends.ts';
import { type ComposeLoad, describe, mostFiles, readBeside, toStack } from './files.ts';
import { mergeStacks, withoutEntry } from './merge.ts';

/** Several Compose files as the one that they mean together: overlaid, with what they include and extend. */
export const loadCompose = async (
  sources: readonly Source[],
  load: Omit<ComposeLoad, 'left'>,
): Promise<MapTree | readonly Diagnostic[]> => loadStack(sources, { ...load, left: mostFiles }, new Set());

const loadStack = async (
  sources: readonly Source[],
  load: ComposeLoad,
  above: ReadonlySet<string>,
): Promise<MapTree | readonly Diagnostic[]> => {
  const chain = new Set([...above, ...sources.map(({ absolute }) => absolute)]);
  let stack: MapTree | null = null;
  for (const source of sources) {
    const tree = toStack(source);
    if (!('kind' in tree)) return tree;
    const extended = await resolveExtends(tree, load);
    const whole = await include(extended, load, chain);
    stack = stack === null ? whole : mergeStacks(stack, whole, 'services');
  }
  return stack ?? [];
};

/** The services of included files beside the file's own. */
const include = async (tree: MapTree, load: ComposeLoad, chain: ReadonlySet<string>): Promise<MapTree> => {
  const entry = findEntry(tree, 'include');
  if (entry === null) return tree;
  let whole = withoutEntry(tree, 'include');
  const items = entry.value.kind === 'list' ? entry.value.items : [entry.value];
  for (const item of items) {
    const included = await includeOne(item, load, chain);
    if (included !== null) whole = addServices(whole, included, load.ledger);
  }
  return whole;
};

const includeOne = async (item: Tree, load: ComposeLoad, chain: ReadonlySet<string>): Promise<MapTree | null> => {
  const { ledger } = load;
  const written = findEntry(item, 'path')?.value ?? item;
  for (const key of ['project_directory', 'env_file']) {
    const entry = findEntry(item, key);
    if (entry !== null) ledger.lose(entry, 'paths and variables are those of the included file itself');
  }
  const sources: Source[] = [];
  for (const each of written.kind === 'list' ? written.items : [written]) {
    const source = await readBeside(each, load);
    if (source !== null && chain.has(source.absolute)) ledger.lose(each, 'the files include each other in a circle');
    else if (source !== null) sources.push(source);
  }
  const loaded = sources.length === 0 ? null : await loadStack(sources, load, chain);
  if (loaded === null) return null;
  if ('kind' in loaded) return loaded;
  ledger.lose(item, describe(loaded));
  return null;
};

const addServices = (own: MapTree, added: MapTree, ledger: Ledger): MapTree => {
  const services = findEntry(own, 'services');
  const theirs = findEntry(added, 'services');
  const rest = added.entries.filter(({ key }) => key !== 'services' && findEntry(own, key) === null);
  if (theirs === null) return { ...own, entries: [...own.entries, ...rest] };
  if (services === null || services.value.kind !== 'map' || theirs.value.kind !== 'map')
    return { ...own, entries: [...own.entries.filter(({ key }) => key !== 'services'), ...rest, services ?? theirs] };
  const names = new Set(services.value.entries.map(({ key }) => key));
  const fresh = theirs.value.entries.filter((entry) => {
    if (names.has(entry.key)) ledger.lose(entry, 'the including file has a service of this name');
    return !names.has(entry.key);
  });
  const all: Entry = { ...services, value: { ...services.value, entries: [...services.value.entries, ...fresh] } };
  return { ...own, entries: [...own.entries.filter(({ key }) => key !== 'services'), ...rest, all] };
};
