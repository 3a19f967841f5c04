import path from 'node:path';
import { parseEnvFile } from '../../config/env-file.ts';
import { mergeStacks } from './compose/merge.ts';
import { type DotEnv, toMusterText } from './compose/variables.ts';
import type { DraftField } from './draft.ts';
import type { Importer, ImportInput } from './importer.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { toLiteral } from './literal.ts';
import { toServiceNames } from './names.ts';
import { rebase } from './paths.ts';
import { needsBash } from './process-compose/bash.ts';
import { toEnvMap, toProcess } from './process-compose/process.ts';
import { stackReasons } from './process-compose/reasons.ts';
import { createReader, type MapReader } from './reader.ts';
import { findEntry, isNothing, type MapTree, type Spot, scalarText, type Tree } from './tree.ts';
import { toYamlTree } from './yaml-tree.ts';

/** The nearest relative: processes with dependencies, probes and restarts. */
export const processComposeImporter: Importer = {
  format: 'process-compose',
  summary: 'process-compose.yaml; several are overlaid in their order',
  isNamed: (name) => /^process-compose(\.[\w.-]+)?\.ya?ml$/i.test(name),
  sign: '"processes"',
  looksLike: (text) => /^processes\s*:/m.test(text),
  toDraft: async (input) => {
    const ledger = createLedger();
    let whole: MapTree | null = null;
    for (const source of input.sources) {
      const tree = toYamlTree(source);
      if (!('kind' in tree)) return tree;
      if (tree.kind !== 'map' || findEntry(tree, 'processes') === null) {
        const message = 'this is not a process-compose file: it has no "processes"';
        return [
          {
            severity: 'error',
            code: 'missing-key',
            file: source.file,
            line: 1,
            column: 1,
            message,
            hint: 'name another, or say --format',
          },
        ];
      }
      whole = whole === null ? tree : mergeStacks(whole, tree, 'processes');
    }
    if (whole === null) return [];
    const stack = createReader(whole, ledger);
    const dotEnv = stack.flag('is_dotenv_disabled') === true ? null : await readDotEnv(input);
    const processes = toProcesses(findEntry(whole, 'processes')?.value, ledger);
    stack.entry('processes');
    const text = (written: string, spot: Spot): string =>
      stack.flag('disable_env_expansion') === true || !written.includes('$')
        ? toLiteral(written)
        : toMusterText(written, dotEnv ?? new Map(), (told) => ledger.note(spot, told));
    const names = toServiceNames([...processes.keys()]);
    const isBash = /^(?:.*\/)?bash$/.test(shellOf(whole));
    const line = (map: MapReader, key: string): string | readonly string[] | null => {
      const written = map.text(key)?.trim() ?? '';
      if (written === '') return null;
      const value = text(written, map.spot);
      if (!isBash || !needsBash(value.replaceAll('$$', '$'))) return value;
      map.note(key, 'process-compose gives it to bash, and so does this: what is in it, /bin/sh need not know');
      return ['bash', '-c', value];
    };
    const context = { ledger, text, line, names, processes, out: input.out };
    const name = stack.text('name');
    const env = toEnvMap(stack, context);
    const fields: readonly DraftField[] = [
      ...(name === null ? [] : [{ key: 'name', value: text(name, whole) }]),
      ...(Object.keys(env).length === 0 ? [] : [{ key: 'env', value: env }]),
      ...toEnvFile(input, dotEnv),
    ];
    const services = [...processes].map(([written, tree]) => toProcess(written, tree, context));
    stack.finish(stackReasons);
    return { draft: { head: [], fields, services }, losses: ledger.losses(), notes: ledger.notes() };
  },
};

/** What runs lines, when nobody says otherwise. */
const shellOf = (stack: MapTree): string => {
  const said = findEntry(findEntry(stack, 'shell')?.value ?? stack, 'shell_command');
  return said === null ? 'bash' : (scalarText(said.value) ?? '');
};

/** Beside the first file; null: there is none. */
const readDotEnv = async ({ sources, files }: ImportInput): Promise<DotEnv | null> => {
  const [first] = sources;
  const file = path.join(first?.root ?? '', '.env');
  if (first === undefined || files.kindOf(file) !== 'file') return null;
  const source = await files.read(file, path.join(path.dirname(first.file), '.env'));
  return 'severity' in source ? null : new Map(parseEnvFile(source.text).entries);
};

/** It is given to every process, too. */
const toEnvFile = ({ sources, out }: ImportInput, dotEnv: DotEnv | null): readonly DraftField[] => {
  const [first] = sources;
  if (dotEnv === null || first === undefined) return [];
  return [{ key: 'env_file', value: rebase('.env', { folder: first.root }, out) }];
};

const toProcesses = (tree: Tree | undefined, ledger: Ledger): ReadonlyMap<string, MapTree> => {
  const processes = new Map<string, MapTree>();
  if (tree === undefined || isNothing(tree)) return processes;
  if (tree.kind !== 'map') {
    ledger.lose(tree, 'it should be a map of processes');
    return processes;
  }
  for (const entry of tree.entries) {
    const { key, value } = entry;
    if (value.kind === 'map') processes.set(key, value);
    else
      ledger.lose(
        entry,
        value.kind === 'opaque' ? value.why : `a process should be a map${scalarText(value) === null ? '' : ', not text'}`,
      );
  }
  return processes;
};
