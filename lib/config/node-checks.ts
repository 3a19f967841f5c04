import { isMap, isScalar, isSeq, type Node, type Scalar } from 'yaml';
import type { Path } from '../domain/issue.ts';
import { looksSecret } from '../util/secrets.ts';
import { toVisible } from './characters.ts';
import { error, type Finding, warning } from './finding.ts';
import { endOf, offsetOf } from './nodes.ts';
import { isTextSpot } from './spots.ts';

const coreTags = new Set(['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`));

/** `found text`, `found a list`, for a YAML node. */
export const describeNode = (node: unknown): string => {
  if (isSeq(node)) return 'a list';
  if (isMap(node)) return 'a map';
  if (!isScalar(node) || node.value === null) return 'nothing';
  return typeof node.value === 'string' ? 'text' : `${typeof node.value} ${node.source ?? ''}`;
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

const commandKeys = new Set(['command', 'exec', 'test', 'env']);

/** What only the source of a value shows: a number that looks octal, a comment that ate the rest, an escaped NUL. */
export const checkScalar = (text: string, node: Scalar, path: Path): readonly Finding[] => {
  if (typeof node.value === 'string' && node.value.includes('\0')) return [nulInside(text, node, path)];
  if (typeof node.value === 'number' && isOctalLike(node.source ?? '') && !isTextSpot(path)) return [looksOctal(node)];
  if (typeof node.comment === 'string' && node.type === 'PLAIN' && isSwallowing(node.comment, path)) {
    return [swallowed(text, node, String(path.at(-1)))];
  }
  return none;
};

const none: readonly Finding[] = [];

/** A number as it is written. */
export const isOctalLike = (source: string): boolean => /^[+-]?0\d/.test(source);

/** A comment behind the value at a path that looks as if it were the rest of it. */
export const isSwallowing = (comment: string, path: Path): boolean => isCommandText(path) && /^[^\s#!-]/.test(comment);

const isCommandText = (path: Path): boolean => commandKeys.has(String(path.at(-1))) || commandKeys.has(String(path.at(-2)));

const nulInside = (text: string, node: Scalar, path: Path): Finding => {
  const escape = /\\(?:0|x00|u0000)/.exec(text.slice(offsetOf(node), endOf(node)));
  const message = `NUL character in "${toVisible(String(path.at(-1)))}"`;
  return error('control-character', offsetOf(node) + (escape?.index ?? 0), message, 'remove it');
};

const looksOctal = (node: Scalar): Finding => {
  const octal = (node.source ?? '').replace(/^([+-]?)0+/, '$10o');
  const message = `"${node.source}" is read as ${String(node.value)}, not octal`;
  return warning('octal-looking-number', offsetOf(node), message, `write ${String(node.value)} or ${octal}`);
};

const swallowed = (text: string, node: Scalar, key: string): Finding => {
  const lost = looksSecret(key) ? '***' : toVisible(node.comment?.split('\n')[0] ?? '');
  const kept = looksSecret(key) ? '***' : (node.source ?? '');
  const message = `" #${lost}" is read as a comment; the ${key === 'command' ? 'command' : 'value'} becomes "${kept}"`;
  const offset = Math.max(offsetOf(node), text.indexOf('#', endOf(node)));
  return warning('comment-swallows-value', offset, message, 'quote the value to keep it');
};
