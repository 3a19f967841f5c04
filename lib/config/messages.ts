import type { ErrorObject } from 'ajv';
import type { Issue, Path } from '../domain/issue.ts';
import { describeRaw, isRawList, isRawMap, type RawValue } from '../domain/raw.ts';
import { looksSecret } from '../util/secrets.ts';
import { expectations } from './expectations.ts';
import { toSubject } from './subject.ts';
import { toGluedKey } from './syntax.ts';
import { toBlockPath, toUnknownKey } from './unknown-key.ts';
import { special, type Words } from './value-messages.ts';

/** One finding of the schema as a sentence about what was written. */
export const toIssue = (error: ErrorObject): Issue => {
  const path = toPath(error.instancePath);
  if (error.keyword === 'additionalProperties') return toUnknownKey(error, path);
  if (error.keyword === 'required') {
    const missing = String(error.params['missingProperty']);
    return { severity: 'error', path, ...toMissing(missing, path) };
  }
  if (error.schemaPath.includes('/propertyNames/')) {
    const name = String(error.propertyName ?? error.data);
    return { severity: 'error', path: [...path, name], ...(path.at(-1) === 'ports' ? toPortName(name) : toEnvName(name)) };
  }
  return { severity: 'error', path, ...toWords(error, path) };
};

/** `/services/a~1b/depends_on/0`; numbers stay text, which is how both lists and maps take them. */
const toPath = (pointer: string): Path =>
  pointer === ''
    ? []
    : pointer
        .slice(1)
        .split('/')
        .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));

const toPortName = (name: string): Words => ({
  code: 'invalid-key',
  message: `port name "${name}" cannot be part of PORT_<NAME>`,
  hint: 'use letters, digits, "_" and "-", and start with a letter',
  atKey: true,
});

const toEnvName = (name: string): Words =>
  name === ''
    ? { code: 'invalid-key', message: 'env name is empty', hint: 'write a name', atKey: true }
    : { code: 'invalid-key', message: `env name "${name}" contains "="`, hint: 'remove "="', atKey: true };

const toMissing = (missing: string, path: Path): Words => {
  if (path.length === 0)
    return { code: 'missing-key', message: `"${missing}" is missing at the top level`, hint: `add a "${missing}:" map` };
  return { code: 'missing-key', message: `${toSubject(path)} has no "${missing}"`, hint: `add "${missing}:"`, atKey: true };
};

const toWords = (error: ErrorObject, path: Path): Words => {
  const data = error.data as RawValue;
  const key = String(path.at(-1) ?? '');
  const def = toDefinition(error.schemaPath, path);
  const parentKey = String(path.at(-2) ?? '');
  const inBlock = toBlockPath(path);
  if (inBlock.length === 1 && key === 'services') return toServicesWords(data);
  if (inBlock.length === 2 && inBlock[0] === 'services') return toServiceWords(key, data);
  if (parentKey === 'env' && error.schemaPath.includes('/env/')) return toEnvWords(error, key, data);
  if (data === null || data === '' || (isRawList(data) && data.length === 0)) {
    return {
      code: 'invalid-value',
      message: `${toSubject(path)} is empty`,
      hint: expectations[def]?.[1] ?? 'write a value, or remove it',
    };
  }
  const known = special(error, { key, def });
  if (known !== null) return known;
  if (parentKey === 'depends_on' && /^\d+$/.test(key)) return toDependencyItemWords(data);
  // Of a list it is the item that is wrong; the definition tells about the list.
  const isItem = error.schemaPath === `#/$defs/${def}/items/type`;
  const [expected, hint] = isItem ? [typesOf(error), null] : (expectations[def] ?? [typesOf(error), null]);
  const isText = expected.includes('text') && (typeof data === 'number' || typeof data === 'boolean');
  const subject = toSubject(path);
  const found = looksSecret(key) ? '***' : describeRaw(data);
  return { code: 'wrong-type', message: `${subject} must be ${expected}, found ${found}`, hint: isText ? 'quote it' : hint };
};

/**
 * The definition in the schema that the value did not agree with. The path says so only where the validator has it inline;
 * in a function of its own the path starts anew, and the field's name tells.
 */
const toDefinition = (schemaPath: string, path: Path): string => {
  const [, inline] = /^#\/\$defs\/(\w+)/.exec(schemaPath) ?? [];
  if (inline !== undefined) return inline;
  if (path.at(-2) === 'depends_on') return 'dependency';
  const key = String(path.at(-1) ?? '');
  return { depends_on: 'dependsOn', port_range: 'portRange', defaults: 'fields', include: 'files', clean: 'globs' }[key] ?? key;
};

const typesOf = ({ schema, keyword, parentSchema }: ErrorObject): string => {
  const type: unknown = keyword === 'type' ? schema : parentSchema?.['type'];
  const names = (Array.isArray(type) ? type : [type]).map(
    (name) =>
      ({
        string: 'text',
        object: 'a map',
        array: 'a list',
        boolean: 'true or false',
        integer: 'a whole number',
        number: 'a number',
        null: 'empty',
      })[String(name)] ?? 'something else',
  );
  return names.join(' or ');
};

const toServicesWords = (data: RawValue): Words => {
  const base = `"services" must be a map of name to service, found ${typeof data === 'string' ? 'text' : describeRaw(data)}`;
  const [first] = isRawList(data) ? data : [];
  const hint = typeof first === 'string' ? `write "${first}:" instead of "- ${first}"` : 'write "web: {command: npm start}"';
  return { code: 'wrong-type', message: base, hint };
};

const toServiceWords = (name: string, data: RawValue): Words => {
  if (data === null) return { code: 'wrong-type', message: `service "${name}" is empty`, hint: 'add "command:"' };
  const glued = typeof data === 'string' ? toGluedKey(data) : null;
  if (glued !== null) return { code: 'wrong-type', ...glued };
  const found = typeof data === 'string' ? 'text' : describeRaw(data);
  const hint = typeof data === 'string' ? `write "${name}: {command: ${data}}"` : 'write {command: npm start}';
  return { code: 'wrong-type', message: `service "${name}" must be a map, found ${found}`, hint };
};

/** `depends_on: [{db: {condition: healthy}}]`: a list holds names alone. */
const toDependencyItemWords = (data: RawValue): Words => {
  const [name] = isRawMap(data) ? Object.keys(data) : [];
  const message = `an item of "depends_on" must be the name of a service, found ${describeRaw(data)}`;
  const hint = name === undefined ? 'write [db]' : `write a map instead of the list: {${name}: {condition: healthy}}`;
  return { code: 'wrong-type', message, hint };
};

const toEnvWords = ({ keyword }: ErrorObject, name: string, data: RawValue): Words => {
  if (keyword === 'pattern') {
    const item = typeof data === 'string' ? data : '';
    const isName = /^[A-Za-z_]\w*$/.test(item);
    const hint = isName ? `write ${item}=value, or ${item}: \${${item}} to pass it through` : 'write NAME=value';
    return {
      code: 'invalid-value',
      message: `env item "${isName ? item : '***'}" has no ${item.startsWith('=') ? 'name' : 'value'}`,
      hint,
    };
  }
  if (data === null)
    return {
      code: 'wrong-type',
      message: `env "${name}" has no value`,
      hint: `write ${name}: "" for an empty one, or ${name}: \${${name}} to pass it through`,
    };
  const isItem = /^\d+$/.test(name);
  const what = isItem ? 'an item of "env" must be NAME=value' : `env "${name}" must be text, number or true/false`;
  const [first] = isItem && isRawMap(data) ? Object.keys(data) : [];
  const hint = first === undefined ? 'quote it as JSON text' : `write ${first}=value, or env as a map: {${first}: value}`;
  return { code: 'wrong-type', message: `${what}, found ${describeRaw(data)}`, hint };
};
