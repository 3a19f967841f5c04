import path from 'node:path';
import type { DraftField, DraftService, DraftValue } from '../draft.ts';
import type { Ledger } from '../ledger.ts';
import { toLiteral } from '../literal.ts';
import { createReader, type MapReader, type Reasons } from '../reader.ts';
import { findEntry, isNothing, type MapTree, type Spot, scalarText, type Tree } from '../tree.ts';
import { toCommandValue } from '../words.ts';

export type TaskContext = {
  readonly ledger: Ledger;
  readonly labels: ReadonlyMap<string, MapTree>;
  /** By label. */
  readonly names: ReadonlyMap<string, string>;
  /** The folder that is open in the editor, from where the result will be. */
  readonly workspace: string;
  /** The same, absolute. */
  readonly root: string;
};

export const labelOf = (task: Tree, index: number): string => {
  for (const key of ['label', 'taskName', 'script', 'command']) {
    const entry = findEntry(task, key);
    const text = entry === null ? null : scalarText(entry.value);
    if (text !== null && text.trim() !== '') return text;
  }
  return `task-${index + 1}`;
};

export const toTask = (tree: MapTree, context: TaskContext): DraftService => {
  const { ledger, names } = context;
  const task = createReader(tree, ledger);
  for (const key of ['label', 'taskName']) task.entry(key);
  const label = [...context.labels].find(([, each]) => each === tree)?.[0] ?? '';
  const name = names.get(label) ?? label;
  const runsOn = task.flag('isBackground') === true;
  const options = task.map('options');
  const folder = toFolder(options?.text('cwd') ?? null, tree, context);
  const inside = { ...context, workspace: fromFolder(folder, context) };
  const env = toEnv(options, inside);
  options?.finish({ shell: 'lines are run by /bin/sh' });
  const sign = toReady(task, context);
  const fields: readonly DraftField[] = [
    ...(name === label ? [] : [{ key: 'label', value: toLiteral(label) }]),
    ...toCommand(task, inside),
    ...(runsOn ? [] : [{ key: 'type', value: 'task' }]),
    ...(folder === '.' ? [] : [{ key: 'cwd', value: folder }]),
    ...(Object.keys(env).length === 0 ? [] : [{ key: 'env', value: env }]),
    ...toDependsOn(task, context),
    ...(sign === null || !runsOn ? [] : [{ key: 'ready', value: sign }]),
  ];
  task.finish(reasons);
  return { name, comment: [], fields };
};

const isFixed = (folder: string): boolean => /^(?:[$~]|\/)/.test(folder);

/** What the editor starts it in, from where the result will be: a relative folder is one of the workspace. */
const toFolder = (cwd: string | null, spot: Spot, context: TaskContext): string => {
  const folder = cwd === null ? '.' : toText(cwd, spot, { ...context, workspace: '.' });
  return isFixed(folder) ? folder : path.join(context.workspace, folder);
};

/** The workspace as the task has to name it: relative to the folder that it runs in, where that is known. */
const fromFolder = (folder: string, { workspace, root }: TaskContext): string =>
  isFixed(folder) || folder.includes('${') ? toLiteral(root) : path.relative(folder, workspace) || '.';

/** `${workspaceFolder}` is where the file is, `${env:NAME}` a variable; the editor alone knows the others. */
const toText = (text: string, spot: Spot, { ledger, workspace }: TaskContext): string => {
  const parts = text.split(/(\$\{[^}]*\})/);
  return parts
    .map((part, index) => {
      if (index % 2 === 0) return toLiteral(part);
      const inside = part.slice(2, -1);
      const [, variable] = /^env:([A-Za-z_]\w*)$/.exec(inside) ?? [];
      if (inside === 'workspaceFolder' || inside === 'workspaceRoot' || inside === 'cwd') {
        if (path.isAbsolute(workspace)) ledger.note(spot, `"${part}" became a folder of this machine: ${workspace}`);
        return workspace;
      }
      if (inside === 'workspaceFolderBasename')
        return path.basename(spot.at.folder === '' ? '.' : path.resolve(spot.at.folder, '..'));
      if (inside === 'pathSeparator' || inside === '/') return '/';
      if (variable !== undefined) return `\${${variable}:-}`;
      ledger.note(spot, `only the editor knows "${part}": DECIDE what stands there`);
      return toLiteral(part);
    })
    .join('');
};

const toCommand = (task: MapReader, context: TaskContext): readonly DraftField[] => {
  const kind = task.text('type');
  const script = task.text('script');
  const dependsOn = task.entry('dependsOn') !== null;
  const command = toWord(task.entry('command')?.value ?? null, task.spot, context);
  const args = (task.entry('args')?.value.kind === 'list' ? task.list('args') : []).flatMap((item) => {
    const word = toWord(item, item, context);
    if (word === null) context.ledger.lose(item, 'it should be text');
    return word ?? [];
  });
  if (script !== null && kind !== 'npm') task.lose('script', 'only tasks of type "npm" have one');
  if (script !== null && kind === 'npm') {
    const inside = task.text('path');
    const front =
      inside === null || inside === '' ? ['npm', 'run', script] : ['npm', '--prefix', inside.replace(/\/$/, ''), 'run', script];
    return [{ key: 'command', value: toCommandValue(front.map(toLiteral)) }];
  }
  if (command !== null) {
    const words = [command, ...args];
    if (kind === 'process') {
      for (const { spot, quoting } of words) if (quoting !== null) context.ledger.lose(spot, 'no shell looks at it');
      return [{ key: 'command', value: toCommandValue(words.map(({ text }) => text)) }];
    }
    const line = command.quoting === null ? command.text : toShell(command, context);
    return [{ key: 'command', value: [line, ...args.map((word) => toShell(word, context))].join(' ') }];
  }
  if (kind !== null && kind !== 'shell' && kind !== 'process')
    task.lose('type', `only the extension for "${kind}" knows what it runs`);
  if (dependsOn) return [{ key: 'command', value: 'true', comment: ['It only holds others together.'] }];
  context.ledger.note(task.spot, 'it has no command: decide what runs');
  return [{ key: 'command', value: 'node server.js', comment: ['DECIDE: it has no command.'], isSuggestion: true }];
};

/** `quoting`: as the file says it; null: it says nothing. */
type Word = { readonly text: string; readonly quoting: string | null; readonly spot: Spot };

/** Text, or `{value, quoting}`. */
const toWord = (tree: Tree | null, spot: Spot, context: TaskContext): Word | null => {
  if (tree === null) return null;
  const quoting = findEntry(tree, 'quoting');
  const value = findEntry(tree, 'value')?.value ?? tree;
  const text = scalarText(value) ?? (value.kind === 'list' ? value.items.map((item) => scalarText(item) ?? '').join(' ') : null);
  if (text === null) return null;
  const said = quoting === null ? null : scalarText(quoting.value);
  return { text: toText(text, spot, context), quoting: said, spot: quoting ?? spot };
};

/** As the editor gives it to a shell: quoted as it is said; else in quotes where there are blanks in it that no quotes hold. */
const toShell = ({ text, quoting, spot }: Word, { ledger }: TaskContext): string => {
  switch (quoting) {
    case 'strong':
      return `'${text.replaceAll("'", `'\\''`)}'`;
    case 'weak':
      return `"${text.replaceAll('"', '\\"')}"`;
    case 'escape':
      return text.replaceAll(/[\s"']/g, '\\$&');
    default: {
      if (quoting !== null) ledger.lose(spot, `"${quoting}" is no quoting: it is escape, strong or weak`);
      const isBare = /^(?:"[^"]*"|'[^']*'|\\.|[^\s"'\\])+$/s.test(text);
      return isBare ? text : `'${text.replaceAll("'", `'\\''`)}'`;
    }
  }
};

const toEnv = (options: MapReader | null, context: TaskContext): Readonly<Record<string, string>> => {
  const map = options?.map('env') ?? null;
  const env: Record<string, string> = {};
  for (const key of map?.keys() ?? []) {
    const text = map?.text(key) ?? null;
    if (!/^[A-Za-z_][\w.-]*$/.test(key)) map?.lose(key, 'this is no name of a variable');
    else if (text !== null)
      env[key] = toText(text, map?.entry(key) ?? { at: context.labels.values().next().value?.at ?? missing, path: [] }, context);
  }
  return env;
};

const missing = { file: '', folder: '', line: 1, column: 1 };

/** A task in the background is ready when the editor sees the end of its first run. */
const toReady = (task: MapReader, { ledger }: TaskContext): DraftValue => {
  const entry = task.entry('problemMatcher');
  if (entry === null || isNothing(entry.value)) return null;
  const matchers = entry.value.kind === 'list' ? entry.value.items : [entry.value];
  for (const matcher of matchers) {
    const background = findEntry(matcher, 'background')?.value;
    const pattern = background === undefined ? undefined : findEntry(background, 'endsPattern')?.value;
    const text =
      pattern === undefined ? null : (scalarText(pattern) ?? scalarText(findEntry(pattern, 'regexp')?.value ?? pattern));
    if (text === null || text === undefined) continue;
    ledger.note(entry, 'of it, only the line that says "done" was taken, as "ready"');
    return { log: toLiteral(text) };
  }
  ledger.lose(entry, 'it reads messages for the editor');
  return null;
};

const toDependsOn = (task: MapReader, { ledger, labels, names }: TaskContext): readonly DraftField[] => {
  const entry = task.entry('dependsOn');
  const order = task.text('dependsOrder');
  if (entry === null || isNothing(entry.value)) return [];
  const items = entry.value.kind === 'list' ? entry.value.items : [entry.value];
  const wanted = items.flatMap((item) => {
    const label = scalarText(item) ?? scalarText(findEntry(item, 'task')?.value ?? item);
    const target = label === null ? undefined : labels.get(label);
    if (label === null || target === undefined)
      ledger.lose(item, label === null ? 'only the editor knows this task' : `there is no task "${label}"`);
    return label === null || target === undefined ? [] : [{ name: names.get(label) ?? label, target }];
  });
  if (order === 'sequence' && wanted.length > 1)
    task.note('dependsOrder', 'here these start when their own dependencies are there: write depends_on between them');
  const edges = Object.fromEntries(wanted.map(({ name, target }) => [name, { condition: toCondition(target) }]));
  return wanted.length === 0 ? [] : [{ key: 'depends_on', value: edges }];
};

const toCondition = (target: MapTree): string => {
  const background = findEntry(target, 'isBackground');
  if (background === null || scalarText(background.value) !== 'true') return 'completed';
  return hasSign(target) ? 'healthy' : 'started';
};

const hasSign = (target: MapTree): boolean => {
  const matcher = findEntry(target, 'problemMatcher')?.value;
  const each = matcher === undefined ? [] : matcher.kind === 'list' ? matcher.items : [matcher];
  return each.some((item) => findEntry(findEntry(item, 'background')?.value ?? item, 'endsPattern') !== null);
};

const editor = 'it is about the editor';
const reasons: Reasons = {
  presentation: editor,
  group: editor,
  runOptions: editor,
  detail: editor,
  icon: editor,
  hide: editor,
  promptOnClose: editor,
  showOutput: editor,
  windows: 'it is for another system; "environments" says what differs',
  osx: 'it is for another system; "environments" says what differs',
  linux: 'it is for one system; write it into the service itself',
};
