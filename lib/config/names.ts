import type { Complaint } from '../domain/resolve/fields.ts';
import { toVisible } from './characters.ts';

/** `muster stop all` means every service, and a name in the file must not change that. */
const reserved = new Set(['all']);

/** They are names of properties that every JavaScript object has, and no service needs one of them. */
const unsafe = new Set(['__proto__']);

/** What is wrong with a service name. It becomes a file name, a variable name and an argument, so it is kept plain. */
export const findNameProblem = (name: string): Complaint | null =>
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name) && !reserved.has(name) ? null : describe(name);

/** Null: nothing is. */
const describe = (name: string): Complaint | null => {
  const say = (message: string, hint: string): Complaint => ({ code: 'invalid-name', message, hint, atKey: true });
  const letters = 'use letters, digits, "-", "_", "."';
  if (name === '') return say('a service name is empty', 'write a name');
  if (reserved.has(name)) return say(`"${name}" is reserved (muster stop ${name})`, 'rename it');
  if (unsafe.has(name)) return say(`"${name}" cannot be a service name`, 'rename it');
  if (/^\.{1,2}$/.test(name)) return say(`"${name}" cannot be a service name`, letters);
  if (/\p{Cc}/u.test(name))
    return say(`service name contains control characters (shown as ${toVisible(name)})`, 'use plain letters');
  if (/[/\\]/.test(name)) return say(`service name "${name}" contains "${name.includes('/') ? '/' : '\\'}"`, letters);
  const [, odd] = /([^A-Za-z0-9._-]+)/.exec(name) ?? [];
  if (odd !== undefined) {
    if (/^[\x20-\x7e]+$/.test(odd)) return say(`service name "${name}" contains "${odd.charAt(0)}"`, letters);
    const hint = `use plain letters; put ${toVisible(name)} in "label"`;
    return say(`service name "${toVisible(name)}" has characters outside A-Za-z0-9._-`, hint);
  }
  if (!/^[A-Za-z0-9]/.test(name))
    return say(`service name "${name}" starts with "${name.charAt(0)}"`, 'start with a letter or digit');
  if (name.length > 100) return say(`service name of ${name.length} characters is too long`, 'use at most 100');
  return null;
};
