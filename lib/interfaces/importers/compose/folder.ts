import path from 'node:path';
import type { DraftField } from '../draft.ts';
import { rebase } from '../paths.ts';
import { createReader, type MapReader } from '../reader.ts';
import { scalarText, type Tree } from '../tree.ts';
import type { ComposeContext } from './context.ts';
import { filesReason } from './reasons.ts';

type Known = {
  /** The folder that its image is built from, from where the result will be. */
  readonly built: string | null;
  readonly hasCommand: boolean;
};

/**
 * `working_dir` is a folder of the container. Where a folder of this machine is mounted there, it is that one; else the folder that
 * the image is built from is the nearest that there is, and then that of the file.
 */
export const toFolder = (service: MapReader, { built, hasCommand }: Known, context: ComposeContext): readonly DraftField[] => {
  const inside = service.text('working_dir');
  const mounted = inside === null ? null : toMounted(service, inside, context);
  if (mounted !== null) return mounted === '.' ? [] : [{ key: 'cwd', value: mounted }];
  if (inside !== null) service.lose('working_dir', 'it is a folder of the container; "cwd" is one of this machine');
  if (built !== null && (built === '.' || built.startsWith('$'))) return [];
  if (built !== null) return [{ key: 'cwd', value: built, comment: ['The folder that its image is built from.'] }];
  const beside = rebase('.', service.spot.at, context.out);
  return !hasCommand || beside === '.' ? [] : [{ key: 'cwd', value: beside, comment: ['The folder of its Compose file.'] }];
};

type Mount = { readonly item: Tree; readonly source: string; readonly target: string };

/** The folder of this machine that is mounted where it works. Every other volume, and whatever else the used one says, is told. */
const toMounted = (service: MapReader, inside: string, { text, out, ledger }: ComposeContext): string | null => {
  const items = service.list('volumes');
  const used = findMount(items, inside);
  if (used === null) {
    if (items.length > 0) service.lose('volumes', filesReason);
    return null;
  }
  for (const item of items) if (item !== used.item) ledger.lose(item, filesReason);
  if (used.item.kind === 'map') {
    const map = createReader(used.item, ledger);
    for (const key of ['type', 'source', 'target']) map.entry(key);
    map.finish({ read_only: filesReason, bind: filesReason, consistency: filesReason });
  } else if (scalarText(used.item)?.split(':')[2] !== undefined) {
    ledger.lose(used.item, 'how it is mounted: programs see the files of this machine as they are');
  }
  return rebase(text(path.posix.join(used.source, path.posix.relative(used.target, inside)), used.item), used.item.at, out);
};

/** Of several that hold the folder the deepest, which is over the others. */
const findMount = (items: readonly Tree[], inside: string): Mount | null => {
  const mounts = items.flatMap((item): readonly Mount[] => {
    const [source, target] = toEnds(item);
    if (source === null || target === null || !/^\.{0,2}(?:\/|$)/.test(source)) return [];
    const rest = path.posix.relative(target, inside);
    return rest.startsWith('..') || path.posix.isAbsolute(rest) ? [] : [{ item, source, target }];
  });
  return mounts.toSorted((a, b) => path.posix.normalize(b.target).length - path.posix.normalize(a.target).length)[0] ?? null;
};

/** Of what is mounted, and where to. */
const toEnds = (item: Tree): readonly [string | null, string | null] => {
  if (item.kind === 'map') {
    const [source, target] = ['source', 'target'].map((key) => {
      const entry = item.entries.find((each) => each.key === key);
      return entry === undefined ? null : scalarText(entry.value);
    });
    return [source ?? null, target ?? null];
  }
  const [source, target] = scalarText(item)?.split(':') ?? [];
  return [source ?? null, target ?? null];
};
