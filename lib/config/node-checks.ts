import { isMap, isScalar, isSeq, type Node, type Pair, type Scalar } from 'yaml';
import type { Path } from '../domain/issue.ts';
import { looksSecret } from '../util/secrets.ts';
import { codePoint, directionCharacter, toVisible } from './characters.ts';
import type { Finding } from './finding.ts';
import { endOf, offsetOf } from './nodes.ts';

const coreTags = new Set(['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`));

const error = (code: Finding['code'], offset: number, message: string, hint: string | null): Finding => ({
  severity: 'error',
  code,
  offset,
  message,
  hint,
});

/** `found text`, `found a list`, for a YAML node. */
export const describeNode = (node: unknown): string => {
  if (isSeq(node)) return 'a list';
  if (isMap(node)) return 'a map';
  if (!isScalar(node) || node.value === null) return 'nothing';
  return typeof node.value === 'string' ? 'text' : `${typeof node.value} ${node.source ?? String(node.value)}`;
};

/** A tag that is not one of YAML's own types: never run, never guessed. */
export const checkTag = (text: string, node: Node & { tag?: string }, path: Path): Finding[] => {
  const { tag } = node;
  if (tag === undefined || coreTags.has(tag)) return [];
  const written = tag.startsWith('tag:yaml.org,2002:') ? `!!${tag.slice('tag:yaml.org,2002:'.length)}` : tag;
  const offset = Math.max(0, text.lastIndexOf(written, offsetOf(node)));
  if (written === '!!binary') {
    const key = String(path.at(-1) ?? 'value');
    const wanted = key === 'command' ? 'text or a list' : 'text';
    return [error('yaml-tag', offset, `"${key}" must be ${wanted}, found binary`, 'write plain text')];
  }
  if (written.startsWith('!!')) {
    return [error('yaml-tag', offset, `unknown YAML tag "${toVisible(written)}"`, 'code in YAML is never run; remove the tag')];
  }
  return [error('yaml-tag', offset, `"${toVisible(written)}" is read as a YAML tag`, `quote it: "${toVisible(written)}"`)];
};

export const aliasFindings = (alias: Node & { source: string }, what: 'unknown' | 'circular' | 'bomb'): Finding[] => {
  const name = `*${toVisible(alias.source)}`;
  const offset = offsetOf(alias);
  if (what === 'circular') return [error('yaml-alias', offset, `alias "${name}" contains itself`, 'remove the loop')];
  if (what === 'bomb') return [error('yaml-alias', offset, `alias "${name}" grows beyond all reason`, 'write the values out')];
  return /^\w[\w-]*$/.test(alias.source)
    ? [error('yaml-alias', offset, `alias "${name}" has no anchor`, `define &${alias.source} above, or quote "${name}"`)]
    : [error('yaml-alias', offset, `"${name}" is read as a YAML alias`, `quote it: "${name}"`)];
};

type KeyCheck = {
  readonly text: string;
  readonly path: Path;
  readonly keyNode: unknown;
  readonly key: string | null;
  readonly seen: ReadonlyMap<string, Pair>;
};

/** A key must be text, without variables, and given once: also when only Unicode or quotes make two of it. */
export const checkKey = ({ text, path, keyNode, key, seen }: KeyCheck): Finding[] => {
  const offset = offsetOf(keyNode);
  const isName = path.length === 1 && path[0] === 'services';
  if (key === null) {
    const message = `a ${isName ? 'service name' : 'key'} must be text, found ${describeNode(keyNode)}`;
    // A list or map as a key is written after "? ", which is where the eye finds it.
    const mark = /\?[ \t]+$/.exec(text.slice(Math.max(0, offset - 20), offset));
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
  const hidden = directionCharacter(key);
  if (hidden !== null) {
    const at = Math.max(offset, text.slice(0, endOf(keyNode)).lastIndexOf(hidden));
    return [
      error(
        'control-character',
        at,
        `hidden text-direction character ${codePoint(hidden)} in a ${isName ? 'name' : 'key'}`,
        'delete it',
      ),
    ];
  }
  const earlier = seen.get(key);
  if (earlier !== undefined) {
    const first = { firstOffset: offsetOf(earlier.key) };
    return [duplicate({ offset, isName, key: toVisible(key), ...first, text })];
  }
  if (/[^\0-\x7f]/.test(key)) {
    const twin = [...seen.keys()].find((other) => other.normalize('NFC') === key.normalize('NFC'));
    if (twin !== undefined) {
      return [
        error(
          isName ? 'duplicate-name' : 'duplicate-key',
          offset,
          `two ${isName ? 'names' : 'keys'} are the same after Unicode NFC`,
          'rename one',
        ),
      ];
    }
  }
  return [];
};

type Duplicate = {
  readonly offset: number;
  readonly firstOffset: number;
  readonly isName: boolean;
  readonly key: string;
  readonly text: string;
};

const duplicate = ({ offset, firstOffset, isName, key, text }: Duplicate): Finding => {
  const before = text.slice(0, firstOffset).split('\n');
  const first = `first at ${before.length}:${[...(before.at(-1) ?? '')].length + 1}`;
  return isName
    ? error('duplicate-name', offset, `service "${key}" is defined twice (${first})`, 'rename one')
    : error('duplicate-key', offset, `"${key}" is given twice (${first})`, 'remove one');
};

const commandKeys = new Set(['command', 'exec', 'test', 'env', 'environment']);

/** What only the source of a value shows: a number that looks octal, a comment that ate the rest, an escaped NUL. */
export const checkScalar = (text: string, node: Scalar, path: Path): Finding[] => {
  const findings: Finding[] = [];
  const offset = offsetOf(node);
  const key = String(path.at(-1));
  const parent = String(path.at(-2));
  if (typeof node.value === 'string' && node.value.includes('\0')) {
    const escape = /\\(?:0|x00|u0000)/.exec(text.slice(offset, endOf(node)));
    findings.push(error('control-character', offset + (escape?.index ?? 0), `NUL character in "${toVisible(key)}"`, 'remove it'));
  }
  if (typeof node.value === 'number' && /^[+-]?0\d/.test(node.source ?? '') && !commandKeys.has(parent)) {
    const octal = (node.source ?? '').replace(/^([+-]?)0+/, '$10o');
    const message = `"${node.source}" is read as ${node.value}, not octal`;
    findings.push({ ...error('octal-looking-number', offset, message, `write ${node.value} or ${octal}`), severity: 'warning' });
  }
  const isCommandText = commandKeys.has(key) || commandKeys.has(parent);
  if (
    isCommandText &&
    node.type === 'PLAIN' &&
    node.comment !== undefined &&
    node.comment !== null &&
    /^[^\s#!-]/.test(node.comment)
  ) {
    const kept = looksSecret(key) ? '***' : (node.source ?? '');
    const message = `" #${looksSecret(key) ? '***' : toVisible(node.comment.split('\n')[0] ?? '')}" is read as a comment; the ${key === 'command' ? 'command' : 'value'} becomes "${kept}"`;
    const hash = text.indexOf('#', endOf(node));
    findings.push({
      ...error('comment-swallows-value', Math.max(offset, hash), message, 'quote the value to keep it'),
      severity: 'warning',
    });
  }
  return findings;
};
