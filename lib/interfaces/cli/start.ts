#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Script } from 'node:vm';
import { backgroundVariable } from '../../supervisor/addresses.ts';

/** Of the build: which commands have a file of their own. */
declare const programNames: readonly string[];

/** Its way to other modules, and its folder. */
type Program = (require: NodeJS.Require, load: (wanted: string) => Promise<unknown>, folder: string) => void;

/**
 * What `muster` is: finds the program of the command and runs it. V8 compiles a program lazily, but has to read all of it first,
 * 1 ms for 20 kB; so its own notes from the build are given to it. They hold for one version of V8 and for the flags that
 * it runs with: without them, or where it refuses them, it reads the program as any other.
 */
const start = (folder: string, words: readonly string[]): void => {
  const name = nameOf(words);
  const filename = path.join(folder, `${name}.js`);
  // All of it is ASCII, as the build writes it.
  const source = readFileSync(filename, 'latin1');
  const conditions = [process.versions.v8, process.arch, ...process.execArgv.map(encodeURIComponent)];
  const cachedData = readNotes(path.join(folder, `${name}.${conditions.join('.')}.cache`));
  const script = new Script(source, {
    filename,
    ...(cachedData === null ? {} : { cachedData }),
  });
  (script.runInThisContext() as Program)(require, (wanted) => import(wanted), folder);
};

const nameOf = (words: readonly string[]): string => {
  const [word = ''] = words;
  const isBackground = process.env[backgroundVariable] === '1';
  // Their supervisor: one file, as that of `up`.
  if (['run', 'recover'].includes(word) && isBackground) return 'up';
  const isClient = word === 'up' && !isBackground && isLeftToAnother(words);
  return isClient ? 'up-client' : programNames.includes(word) ? word : 'door';
};

/** With `-d` and in a terminal the supervisor of `up` is another process, or there already: half of the program is enough. */
const isLeftToAnother = (words: readonly string[]): boolean => {
  if (words.includes('-d') || words.includes('--detach')) return true;
  return !words.includes('--json') && process.getBuiltinModule('node:tty').isatty(1);
};

const readNotes = (file: string): Buffer | null => {
  // What V8 counts, it counts only in what it has compiled itself.
  if (process.env['NODE_V8_COVERAGE'] !== undefined) return null;
  try {
    return readFileSync(file);
  } catch {
    // None were made for this version of V8, or they cannot be read: they only save time.
    return null;
  }
};

start(path.join(import.meta.dirname, 'programs'), process.argv.slice(2));
