import path from 'node:path';
import type { Source } from '../../config/source.ts';
import type { Diagnostic } from '../../domain/diagnostic.ts';
import type { Importer, ImportInput } from './importer.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { toJsonTree } from './literal-tree.ts';
import { toServiceNames } from './names.ts';
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
    const tasks: MapTree[] = [];
    for (const source of input.sources) {
      const tree = toJsonTree(source);
      if (!('kind' in tree)) return tree;
      const found = findTasks(tree, ledger);
      if (found === null) return [noTasks(source)];
      tasks.push(...found);
    }
    const context = toContext(tasks, input, ledger);
    const services = tasks.map((task) => toTask(task, context));
    return await Promise.resolve({ draft: { head: [], fields: [], services }, losses: ledger.losses(), notes: ledger.notes() });
  },
};

const noTasks = ({ file }: Source): Diagnostic => ({
  severity: 'error',
  code: 'missing-key',
  file,
  line: 1,
  column: 1,
  message: 'it has no "tasks"',
  hint: 'name another, or say --format',
});

const findTasks = (tree: Tree, ledger: Ledger): readonly MapTree[] | null => {
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
  return [...byLabel.values()];
};

const toContext = (tasks: readonly MapTree[], { sources, out }: ImportInput, ledger: Ledger): TaskContext => {
  const [first] = sources;
  const root = first === undefined ? out : path.basename(first.root) === '.vscode' ? path.dirname(first.root) : first.root;
  const labels = new Map(tasks.map((task, index) => [labelOf(task, index), task]));
  const names = toServiceNames([...labels.keys()]);
  return { ledger, labels, names, workspace: path.relative(out, root) || '.', root };
};
