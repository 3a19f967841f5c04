import type { Pair } from 'yaml';
import type { Path } from '../domain/issue.ts';
import { codePoint, directionCharacter, toVisible } from './characters.ts';
import { error, type Finding } from './finding.ts';
import { describeNode } from './node-checks.ts';
import { endOf, offsetOf } from './nodes.ts';
import type { Source } from './source.ts';

const plainKey = /^[\w.-]+$/;
const none: readonly Finding[] = [];

type KeyCheck = {
  readonly source: Source;
  readonly path: Path;
  readonly keyNode: unknown;
  readonly key: string | null;
  /** By its text, and where that differs by its Unicode normal form. */
  readonly seen: ReadonlyMap<string, Pair>;
};

/** A key must be text, without variables, and given once: also when only Unicode or quotes make two of it. */
export const checkKey = ({ source, path, keyNode, key, seen }: KeyCheck): readonly Finding[] => {
  if (key !== null && plainKey.test(key) && !seen.has(key)) return none;
  const offset = offsetOf(keyNode);
  const isName = path.at(-1) === 'services' && (path.length === 1 || (path.length === 3 && path[0] === 'environments'));
  if (key === null) {
    const message = `a ${isName ? 'service name' : 'key'} must be text, found ${describeNode(keyNode)}`;
    // A list or map as a key is written after "? ", which is where the eye finds it.
    const mark = /\?[ \t]+$/.exec(source.text.slice(Math.max(0, offset - 20), offset));
    return [
      error('invalid-key', offset - (mark?.[0].length ?? 0), message, isName ? 'write a plain name' : 'write a plain word'),
    ];
  }
  if (key.includes('${')) {
    return [
      error(
        'variable-in-key',
        offset,
        `variables are not allowed in ${isName ? 'names' : 'keys'}`,
        `write the ${isName ? 'name' : 'key'}`,
      ),
    ];
  }
  if (!isName && /[\0-\x1f\x7f]/.test(key)) {
    return [error('invalid-key', offset, `key "${toVisible(key)}" contains control characters`, 'remove them')];
  }
  const hidden = directionCharacter(key);
  if (hidden !== null) {
    const at = Math.max(offset, source.text.slice(0, endOf(keyNode)).lastIndexOf(hidden));
    return [
      error(
        'control-character',
        at,
        `hidden text-direction character ${codePoint(hidden)} in a ${isName ? 'name' : 'key'}`,
        'delete it',
      ),
    ];
  }
  const isSpeltAlike = !seen.has(key);
  const earlier = seen.get(isSpeltAlike ? key.normalize('NFC') : key);
  if (earlier === undefined) return none;
  if (isSpeltAlike) {
    const message = `two ${isName ? 'names' : 'keys'} are the same after Unicode NFC`;
    return [error(isName ? 'duplicate-name' : 'duplicate-key', offset, message, 'rename one')];
  }
  const { line, column } = source.position(offsetOf(earlier.key));
  const first = `first at ${line}:${column}`;
  return isName
    ? [error('duplicate-name', offset, `service "${toVisible(key)}" is defined twice (${first})`, 'rename one')]
    : [error('duplicate-key', offset, `"${toVisible(key)}" is given twice (${first})`, 'remove one')];
};
