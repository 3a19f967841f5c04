import path from 'node:path';
import type { Source } from '../../config/source.ts';
import type { Diagnostic } from '../../domain/diagnostic.ts';
import type { DraftService } from './draft.ts';
import type { Importer, ImportInput } from './importer.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { toJsonTree } from './literal-tree.ts';
import { toDistinctNames } from './names.ts';
import { createReader } from './reader.ts';
import { findEntry, type MapTree, type Tree } from './tree.ts';
import { labelOf, type TaskContext, toTask } from './vscode/task.ts';

/** Tasks of an editor: those in the background are services, the others tasks. */
export const vscodeImporter: Importer = {
  format: 'vscode',
  summary: "VS Code's tasks.json",
  isNamed: (name) => /^tasks\.jsonc?$/.test(name),
  sign: '"tasks"',
  looksLike: (text) => /"tasks"\s*:\s*\[/.test(text),
  toDraft: async (input) => {
    const ledger = createLedger();
    const files: File[] = [];
    for (const source of input.sources) {
      const tree = toJsonTree(source);
      if (!('kind' in tree)) return tree;
      const found = findTasks(tree, ledger);
      if (found === null) return [noTasks(source)];
      files.push({ source, tasks: found });
    }
    const services = toServices(files, input, ledger);
    return await Promise.resolve({ draft: { head: [], fields: [], services }, losses: ledger.losses(), notes: ledger.notes() });
  },
};

/** By label. */
type Tasks = ReadonlyMap<string, MapTree>;

type File = { readonly source: Source; readonly tasks: Tasks };

const noTasks = ({ file }: Source): Diagnostic => ({
  severity: 'error',
  code: 'missing-key',
  file,
  line: 1,
  column: 1,
  message: 'it has no "tasks"',
  hint: 'name another, or say --format',
});

const findTasks = (tree: Tree, ledger: Ledger): Tasks | null => {
  if (tree.kind !== 'map' || findEntry(tree, 'tasks') === null) return null;
  const top = createReader(tree, ledger);
  const items = top.list('tasks');
  top.finish({ version: 'muster does not look at it', inputs: 'muster asks no questions: set a variable' });
  const byLabel = new Map<string, MapTree>();
  for (const [index, item] of items.entries()) {
    if (item.kind !== 'map') {
      ledger.lose(item, 'it should be a map');
      continue;
    }
    const label = labelOf(item, index);
    const earlier = byLabel.get(label);
    if (earlier !== undefined) ledger.lose(earlier, `its label is given again in line ${item.at.line}`);
    byLabel.set(label, item);
  }
  return byLabel;
};

/** Several files are folders of one workspace, where a label means the task of the own file before that of another one. */
const toServices = (files: readonly File[], { out }: ImportInput, ledger: Ledger): readonly DraftService[] => {
  const all = files.flatMap((file) => [...file.tasks].map(([label, task]) => ({ file, label, task })));
  const names = toDistinctNames(all.map(({ label }) => label));
  const named = all.map((each, index) => ({ ...each, name: names[index] ?? each.label }));
  return files.flatMap((file) => {
    const own = named.filter((each) => each.file === file);
    // Of two entries the later one stays.
    const known = [...named.filter((each) => each.file !== file).toReversed(), ...own];
    const context: TaskContext = {
      ledger,
      labels: new Map(known.map(({ label, task }) => [label, task])),
      names: new Map(known.map(({ label, name }) => [label, name])),
      ...toPlace(file.source, out),
    };
    return own.map(({ task }) => toTask(task, context));
  });
};

const toPlace = ({ root: folder }: Source, out: string): Pick<TaskContext, 'workspace' | 'root'> => {
  const root = path.basename(folder) === '.vscode' ? path.dirname(folder) : folder;
  return { workspace: path.relative(out, root) || '.', root };
};
