import { splitWords } from '../../util/words.ts';
import { isRawList, type RawValue } from '../raw.ts';
import type { Command } from '../service.ts';
import { toText } from '../text.ts';
import { complain, type Fields, get } from './fields.ts';

/**
 * A list is run as it is. Text is split and run directly when it means the same without a shell, because then the pid is
 * the program's own; else it goes to the shell as written. Null: there is nothing to run.
 */
export const toCommand = (value: RawValue): Command | null => {
  if (isRawList(value)) {
    const words = value.filter((item) => typeof item === 'string');
    return words.length === value.length ? toDirect(words) : null;
  }
  if (typeof value !== 'string') return null;
  const words = splitWords(value.trim());
  return words === null ? { kind: 'shell', line: toText(value.trim()) } : toDirect(words);
};

const toDirect = (words: readonly string[]): Command | null => {
  const program = words[0];
  if (program === undefined || program.trim() === '') return null;
  return { kind: 'direct', program: toText(program), args: words.slice(1).map(toText) };
};

/** A command field; reports one that is empty. */
export const readCommand = (fields: Fields, key: string): Command | null => {
  const value = get(fields, key);
  if (value === undefined || value === null) return null;
  const command = toCommand(value);
  if (command === null && (!isRawList(value) || value.every((item) => typeof item === 'string'))) {
    complain(fields, key, { code: 'invalid-value', message: `"${key}" is empty`, hint: 'write the command to run' });
  }
  return command;
};
