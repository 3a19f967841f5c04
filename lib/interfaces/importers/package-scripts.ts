import type { Source } from '../../config/source.ts';
import type { Diagnostic } from '../../domain/diagnostic.ts';
import type { DraftField, DraftService } from './draft.ts';
import type { Importer, ImportInput } from './importer.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { toLiteral } from './literal.ts';
import { toJsonTree } from './literal-tree.ts';
import { toDistinctNames } from './names.ts';
import { findStarted, startsSeveral } from './package-starters.ts';
import { rebase } from './paths.ts';
import { createReader, type MapReader } from './reader.ts';
import { type Entry, findEntry, isNothing, scalarText, type Tree } from './tree.ts';
import { toCommandValue } from './words.ts';

/** Scripts that run on, by their names: `dev`, `start`, `dev:api`, `worker`. The others build, test, and end. */
const runsOn = /(?:^|[:-])(?:dev|develop|start|serve|server|watch|preview|storybook|worker|api|web|proxy|mock)(?:$|[:-])/i;
const ends =
  /(?:^|[:-])(?:build|test|lint|format|typecheck|check|clean|publish|release|deploy|generate|install|prepare|ci|e2e|coverage|docs)(?:$|[:-])/i;

/** The scripts of a package that run on, each through the package manager, so that its `pre` scripts and its PATH are there. */
export const packageImporter: Importer = {
  format: 'package.json',
  summary: 'the scripts of a package.json that run on',
  isNamed: (name) => name === 'package.json',
  sign: '"scripts"',
  looksLike: (text) => /"scripts"\s*:\s*\{/.test(text),
  toDraft: async (input) => {
    const ledger = createLedger();
    const chosen: Script[] = [];
    let name: string | null = null;
    for (const source of input.sources) {
      const tree = toJsonTree(source);
      if (!('kind' in tree)) return tree;
      const scripts = findEntry(tree, 'scripts');
      if (scripts === null) return [noScripts(source)];
      name ??= toStackName(tree);
      chosen.push(...choose(scripts, { manager: toManager(tree, source, input), source, ledger }));
    }
    const names = toDistinctNames(chosen.map(({ key }) => key));
    const services = chosen.map((script, index) => toService(script, names[index] ?? script.key, input));
    const draft = { head: [], fields: name === null ? [] : [{ key: 'name', value: name }], services };
    return await Promise.resolve({ draft, losses: ledger.losses(), notes: ledger.notes() });
  },
};

const noScripts = ({ file }: Source): Diagnostic => ({
  severity: 'error',
  code: 'missing-key',
  file,
  line: 1,
  column: 1,
  message: 'it has no "scripts"',
  hint: 'name another, or say --format',
});

const toStackName = (tree: Tree): string | null => {
  const text = scalarText(findEntry(tree, 'name')?.value ?? tree);
  return text === null || text === '' ? null : toLiteral(text.replace(/^@[^/]*\//, ''));
};

/** As `packageManager` says, else by the lock file that is there. */
const toManager = (tree: Tree, { root }: Source, { files }: ImportInput): string => {
  const said = scalarText(findEntry(tree, 'packageManager')?.value ?? tree)?.split('@')[0];
  if (said === 'npm' || said === 'pnpm' || said === 'yarn' || said === 'bun') return said;
  const locks = { 'pnpm-lock.yaml': 'pnpm', 'yarn.lock': 'yarn', 'bun.lockb': 'bun', 'bun.lock': 'bun' };
  return Object.entries(locks).find(([file]) => files.kindOf(`${root}/${file}`) === 'file')?.[1] ?? 'npm';
};

/** A script that becomes a service. */
type Script = {
  readonly key: string;
  readonly command: string;
  readonly manager: string;
  readonly source: Source;
  /** Of the scripts that it is one of. */
  readonly map: MapReader;
};

const choose = (
  scripts: Entry,
  { ledger, ...from }: Pick<Script, 'manager' | 'source'> & { readonly ledger: Ledger },
): readonly Script[] => {
  if (scripts.value.kind !== 'map') {
    if (!isNothing(scripts.value)) ledger.lose(scripts, 'it should be a map');
    return [];
  }
  const map = createReader(scripts.value, ledger);
  const found = map.keys().flatMap((key): readonly Script[] => {
    const command = map.text(key);
    if (command === null) return [];
    const [, main] = /^(?:pre|post)(.+)$/.exec(key) ?? [];
    if (main !== undefined && map.keys().includes(main)) map.lose(key, `the package manager runs it with "${main}"`);
    else if (!runsOn.test(key) || ends.test(key))
      map.lose(key, 'by its name it does its work and ends: "type: task" if something waits for it');
    else if (key === 'start' && map.keys().includes('dev')) map.lose(key, 'there is "dev": it is what one runs while working');
    else return [{ key, command, map, ...from }];
    return [];
  });
  const { whole, parts } = findStarted(found);
  return found.filter(({ key }) => {
    const started = whole.get(key);
    const starter = parts.get(key);
    if (started !== undefined) map.lose(key, `it only starts ${started.join(', ')}, which are services of their own`);
    else if (starter !== undefined) map.lose(key, `"${starter}" starts it, with other programs`);
    return started === undefined && starter === undefined;
  });
};

const toService = ({ key, command, manager, source, map }: Script, name: string, { out }: ImportInput): DraftService => {
  const folder = rebase('.', { folder: source.root }, out);
  if (name !== key.replaceAll(':', '-')) map.note(key, `it is called "${name}" here`);
  if (startsSeveral(command))
    map.note(key, 'it starts several programs itself: a service for each gives each its own probe, log and restarts');
  const fields: readonly DraftField[] = [
    {
      key: 'command',
      // Always with "run": without it, `pnpm server` is a command of pnpm itself.
      value: toCommandValue([manager, 'run', key].map(toLiteral)),
      comment: [`${key}: ${command}`],
    },
    ...(folder === '.' ? [] : [{ key: 'cwd', value: folder }]),
    ...toPort(command),
  ];
  return { name, comment: [], fields };
};

/** A port that stands in the line itself. */
const toPort = (command: string): readonly DraftField[] => {
  const [, port] = /(?:--port[ =]|\bPORT=|\s-p )(\d{2,5})\b/.exec(command) ?? [];
  if (port !== undefined) return [{ key: 'port', value: Number(port) }];
  return [
    {
      key: 'port',
      value: 3000,
      comment: ['DECIDE: with a port, muster proves that it answers before others start.'],
      isSuggestion: true,
    },
  ];
};
