import path from 'node:path';
import type { Source } from '../../config/source.ts';
import type { Diagnostic } from '../../domain/diagnostic.ts';
import type { Draft, DraftField, DraftService } from './draft.ts';
import type { Importer, ImportInput } from './importer.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { toLiteral } from './literal.ts';
import { toDistinctNames } from './names.ts';
import { rebase } from './paths.ts';
import type { Spot } from './tree.ts';

/** What foreman gives to the first process as PORT, and how far the next one is from it. */
const firstPort = 5000;
const portStep = 100;
const lastPort = 65_535;

/** `name: command` lines, run by a shell, with the variables of the `.env` beside the file. */
export const procfileImporter: Importer = {
  format: 'procfile',
  summary: 'a Procfile, with the .env beside it',
  isNamed: (name) => /^Procfile(\.(?!ya?ml$|json$)[\w-]+)?$/i.test(name),
  sign: 'NAME: COMMAND lines',
  // `foo: bar` is YAML, too: a file that is called so is a Procfile only where somebody says it.
  looksLike: (text, name) =>
    !/\.(ya?ml|json)$/i.test(name) &&
    text.split('\n').every((line) => /^\s*(#.*)?$|^[\w-]+:\s*\S/.test(line)) &&
    /^[\w-]+:/m.test(text),
  toDraft: async (input) => {
    const ledger = createLedger();
    const lines = input.sources.flatMap((source) => readLines(source, ledger));
    const [first] = input.sources;
    if (first !== undefined && lines.length === 0) return [noLines(first)];
    const names = toDistinctNames(lines.map(({ name }) => name));
    const base = first === undefined ? null : await readBasePort(first, input);
    const services = lines.map((line, index) => toService(line, { index, input, names, ledger, base }));
    const draft: Draft = { head: [], fields: first === undefined ? [] : toEnvFile(first, input), services };
    return { draft, losses: ledger.losses(), notes: ledger.notes() };
  },
};

const noLines = ({ file }: Source): Diagnostic => ({
  severity: 'error',
  code: 'missing-key',
  file,
  line: 1,
  column: 1,
  message: 'this is not a Procfile: it has no line NAME: COMMAND',
  hint: 'name another, or say --format',
});

/** The PORT of `.env` as it is written, also one that is none, which everybody gets here; null: it has none. */
const readBasePort = async ({ root }: Source, { files }: ImportInput): Promise<number | null> => {
  if (files.kindOf(path.join(root, '.env')) !== 'file') return null;
  const source = await files.read(path.join(root, '.env'), '.env');
  if ('severity' in source) return null;
  const [, port] = /^\s*(?:export\s+)?PORT\s*=\s*["']?(\d+)["']?\s*$/m.exec(source.text) ?? [];
  return port === undefined ? null : Number(port);
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
  /** By index. */
  readonly names: readonly string[];
  readonly ledger: Ledger;
  readonly base: number | null;
};

const toService = ({ name: written, command, spot }: Line, { index, input, names, ledger, base }: Context): DraftService => {
  const name = names[index] ?? written;
  if (name !== written) ledger.note(spot, `it is called "${name}" here`);
  const folder = rebase('.', spot.at, input.out);
  const port = toOwnPort(base, index);
  const isRelease = written === 'release';
  const usesPort = /\$(?:PORT\b|\{PORT\b)/.test(command);
  if (port === null) ledger.note(spot, 'there is no port as high as foreman would count for it: DECIDE which "port" is its own');
  else if (usesPort) ledger.note(spot, `it listens on $PORT, which is ${port} here as foreman has it`);
  else if (written === 'web') ledger.note(spot, `it should listen on PORT, which is ${port} here as foreman has it`);
  else if (!isRelease)
    ledger.note(spot, `its PORT is ${port} as foreman has it; if it listens there, say "port: ${port}" instead`);
  if (isRelease) ledger.note(spot, 'Heroku runs it once before the others: it is a task; say who depends on it');
  const fields: readonly DraftField[] = [
    { key: 'command', value: toLiteral(command) },
    ...(folder === '.' ? [] : [{ key: 'cwd', value: folder }]),
    ...(port === null ? [] : toPort(port, { isListening: usesPort || written === 'web', base, isRelease })),
    ...(isRelease ? [{ key: 'type', value: 'task' }] : []),
  ];
  return { name, comment: [], fields };
};

/** Counted as foreman does from the PORT of `.env`, where that is one; null: it would be above the last that there is. */
const toOwnPort = (base: number | null, index: number): number | null => {
  const start = base !== null && base >= 1 && base <= lastPort ? base : firstPort;
  const port = start + index * portStep;
  return port <= lastPort ? port : null;
};

type PortUse = {
  /** As Heroku has it, `web` listens on its PORT; of others only their line can tell. */
  readonly isListening: boolean;
  /** What `.env` says, which would stand in for the port of the service. */
  readonly base: number | null;
  readonly isRelease: boolean;
};

/** Every process of foreman has a PORT; one that nobody listens on must not be waited for. */
const toPort = (port: number, { isListening, base, isRelease }: PortUse): readonly DraftField[] => {
  const env: readonly DraftField[] = port === base ? [] : [{ key: 'env', value: { PORT: String(port) } }];
  if (isListening) return [{ key: 'port', value: port }, ...(base === null ? [] : env)];
  if (isRelease) return [];
  const comment = ['DECIDE: if it listens on its PORT, muster proves with this, instead of the PORT in env, that it answers.'];
  return [...env, { key: 'port', value: port, comment, isSuggestion: true }];
};
