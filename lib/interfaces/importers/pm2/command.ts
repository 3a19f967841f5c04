import path from 'node:path';
import { splitWords } from '../../../util/words.ts';
import type { DraftField } from '../draft.ts';
import type { FileReader } from '../importer.ts';
import { toLiteral } from '../literal.ts';
import type { MapReader } from '../reader.ts';
import { isNothing, scalarText } from '../tree.ts';
import { toCommandValue, toWords } from '../words.ts';

/** How pm2 runs a file of this kind, when nobody says. */
const interpreters: Readonly<Record<string, string>> = {
  '.js': 'node',
  '.cjs': 'node',
  '.mjs': 'node',
  '.sh': 'bash',
  '.py': 'python3',
  '.rb': 'ruby',
  '.php': 'php',
  '.pl': 'perl',
  '.coffee': 'coffee',
  '.ts': 'bun',
};

type Place = {
  readonly files: FileReader;
  /** Absolute: what the script is relative to. */
  readonly cwd: string;
};

/** Null: the app has no script that could be read. */
export const toCommand = async (app: MapReader, place: Place): Promise<DraftField | null> => {
  const script = app.text('script');
  const args = readWords(app, 'args');
  const given = readInterpreter(app);
  const flags = [...readWords(app, 'interpreter_args'), ...readWords(app, 'node_args')];
  if (script === null) return null;
  const isLine = /\s/.test(script) && given === null && args.length === 0;
  // pm2 takes `npm start` as a line, too, and gives it to bash.
  if (isLine && splitWords(script) === null) return { key: 'command', value: ['bash', '-c', toLiteral(script)] };
  const words = isLine ? (toWords(script) ?? [script]) : [script];
  const interpreter = given ?? (await findInterpreter(app, { script: words[0] ?? '', isFlagged: flags.length > 0, place }));
  const front = interpreter === null || interpreter === 'none' ? [] : [interpreter, ...flags];
  if (front.length === 0)
    for (const key of ['interpreter_args', 'node_args'])
      if (app.keys().includes(key)) app.lose(key, 'nothing interprets the script, so its arguments are not used');
  return { key: 'command', value: toCommandValue([...front, ...words, ...args].map(toLiteral)) };
};

/** `node@18.1.0` is a version that nvm has; here it is the one of PATH. */
const readInterpreter = (app: MapReader): string | null => {
  const key = app.entry('interpreter') === null ? 'exec_interpreter' : 'interpreter';
  const given = app.text(key);
  const [, version] = /^node@(.+)$/.exec(given ?? '') ?? [];
  if (version === undefined) return given;
  app.note(key, `pm2 takes version ${version} from nvm; here it is the "node" of PATH: see that it is this one`);
  return 'node';
};

type Asked = { readonly script: string; readonly isFlagged: boolean; readonly place: Place };

/** By the extension; without one that is known, pm2 runs text with node, and all else, and what it finds in PATH, as it is. */
const findInterpreter = async (app: MapReader, { script, isFlagged, place: { files, cwd } }: Asked): Promise<string | null> => {
  const extension = path.extname(script).toLowerCase();
  if (extension === '.ts') app.note('script', 'pm2 runs TypeScript with what it finds; "bun" here');
  if (Object.hasOwn(interpreters, extension)) return interpreters[extension] ?? null;
  const file = path.resolve(cwd, script);
  if (files.kindOf(file) === 'file') {
    const source = await files.read(file, script);
    return 'severity' in source || source.text.includes('\0') ? null : 'node';
  }
  if (isFlagged) return 'node';
  if (script.includes('/')) app.note('script', 'it is not here: if it is text, pm2 runs it with node; here it runs as it is');
  return null;
};

const readWords = (app: MapReader, key: string): readonly string[] => {
  const entry = app.entry(key);
  if (entry === null || isNothing(entry.value)) return [];
  const line = scalarText(entry.value);
  if (line !== null) return toWords(line) ?? [line];
  return app.texts(key).map(({ text }) => text);
};
