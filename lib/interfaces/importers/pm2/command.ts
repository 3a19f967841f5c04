import path from 'node:path';
import type { DraftField } from '../draft.ts';
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

export const toCommand = (app: MapReader): DraftField | null => {
  const script = app.text('script');
  const args = readWords(app, 'args');
  const given = app.text('interpreter') ?? app.text('exec_interpreter');
  const flags = [...readWords(app, 'interpreter_args'), ...readWords(app, 'node_args')];
  if (script === null) return null;
  // pm2 takes `npm start` as a line, too.
  const words = /\s/.test(script) && given === null && args.length === 0 ? (toWords(script) ?? [script]) : [script];
  const extension = path.extname(words[0] ?? '').toLowerCase();
  const interpreter = given ?? (Object.hasOwn(interpreters, extension) ? (interpreters[extension] ?? null) : null);
  const front = interpreter === null || interpreter === 'none' ? [] : [interpreter, ...flags];
  if (front.length === 0 && flags.length > 0)
    app.note('node_args', 'nothing interprets the script, so its arguments are not used');
  if (extension === '.ts' && given === null) app.note('script', 'pm2 runs TypeScript with what it finds; "bun" here');
  return { key: 'command', value: toCommandValue([...front, ...words, ...args].map(toLiteral)) };
};

const readWords = (app: MapReader, key: string): readonly string[] => {
  const entry = app.entry(key);
  if (entry === null || isNothing(entry.value)) return [];
  const line = scalarText(entry.value);
  if (line !== null) return toWords(line) ?? [line];
  return app.texts(key).map(({ text }) => text);
};
