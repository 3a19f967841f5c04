import path from 'node:path';
import type { Source } from '../../config/source.ts';
import type { Draft, DraftField, DraftService } from './draft.ts';
import type { Importer, ImportInput } from './importer.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { toLiteral } from './literal.ts';
import { toServiceNames } from './names.ts';
import { rebase } from './paths.ts';
import type { Spot } from './tree.ts';

/** What foreman gives to the first process as PORT, and how far the next one is from it. */
const firstPort = 5000;
const portStep = 100;

/** `name: command` lines, run by a shell, with the variables of the `.env` beside the file. */
export const procfileImporter: Importer = {
  format: 'procfile',
  summary: 'a Procfile, with the .env beside it',
  isNamed: (name) => /^Procfile(\.[\w-]+)?$/i.test(name),
  looksLike: (text) => text.split('\n').every((line) => /^\s*(#.*)?$|^[\w-]+:\s*\S/.test(line)),
  toDraft: async (input) => {
    const ledger = createLedger();
    const lines = input.sources.flatMap((source) => readLines(source, ledger));
    const names = toServiceNames(lines.map(({ name }) => name));
    const services = lines.map((line, index) => toService(line, { index, input, names, ledger }));
    const [first] = input.sources;
    const draft: Draft = { head: [], fields: first === undefined ? [] : toEnvFile(first, input), services };
    return await Promise.resolve({ draft, losses: ledger.losses(), notes: ledger.notes() });
  },
};

const toEnvFile = (source: Source, { files, out }: ImportInput): readonly DraftField[] => {
  if (files.kindOf(path.join(source.root, '.env')) !== 'file') return [];
  return [
    {
      key: 'env_file',
      value: rebase('.env', { folder: source.root }, out),
      comment: ['Foreman and its like give it to every process, too.'],
    },
  ];
};

type Line = { readonly name: string; readonly command: string; readonly spot: Spot };

const readLines = ({ file, root, text }: Source, ledger: Ledger): readonly Line[] => {
  const known = new Map<string, Line>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#.*)?$/.test(line)) continue;
    const [, name = '', command] = /^\s*([^\s:]+)\s*:\s*(.*?)\s*$/.exec(line) ?? [];
    const at = { file, folder: root, line: index + 1, column: line.length - line.trimStart().length + 1 };
    const spot: Spot = { at, path: name === '' ? [] : [name] };
    const earlier = known.get(name);
    if (command === undefined || name === '') ledger.lose(spot, 'the line is not NAME: COMMAND');
    else if (command === '') ledger.lose(spot, 'it has no command');
    else if (/\p{Cc}/u.test(command.replaceAll('\t', ' '))) ledger.lose(spot, 'it holds a control character');
    else {
      if (earlier !== undefined) ledger.lose(earlier.spot, `it is given again in line ${index + 1}`);
      known.set(name, { name, command: command.replaceAll('\t', ' '), spot });
    }
  }
  return [...known.values()];
};

type Context = {
  readonly index: number;
  readonly input: ImportInput;
  readonly names: ReadonlyMap<string, string>;
  readonly ledger: Ledger;
};

const toService = ({ name: written, command, spot }: Line, { index, input, names, ledger }: Context): DraftService => {
  const name = names.get(written) ?? written;
  if (name !== written) ledger.note(spot, `it is called "${name}" here`);
  const folder = rebase('.', spot.at, input.out);
  const port = firstPort + index * portStep;
  const usesPort = /\$(?:PORT\b|\{PORT\b)/.test(command);
  if (usesPort) ledger.note(spot, `it listens on $PORT, which is ${port} here as foreman has it`);
  const isRelease = written === 'release';
  if (isRelease) ledger.note(spot, 'Heroku runs it once before the others: it is a task; say who depends on it');
  const fields: readonly DraftField[] = [
    { key: 'command', value: toLiteral(command) },
    ...(folder === '.' ? [] : [{ key: 'cwd', value: folder }]),
    ...(usesPort ? [{ key: 'port', value: port }] : []),
    ...(isRelease ? [{ key: 'type', value: 'task' }] : []),
  ];
  return { name, comment: [], fields };
};
