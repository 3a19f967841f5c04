import type { ErrorObject } from 'ajv';
import type { Issue, Path } from '../domain/issue.ts';
import { describeRaw, type RawValue } from '../domain/raw.ts';
import { conditions } from '../domain/resolve/dependencies.ts';
import { suggest } from '../domain/resolve/fields.ts';
import { parseBytes } from '../util/bytes.ts';
import { didYouMean } from '../util/did-you-mean.ts';
import { parseDuration } from '../util/duration.ts';
import { looksSecret } from '../util/secrets.ts';
import { toUnknownKey } from './unknown-key.ts';

type Words = Pick<Issue, 'code' | 'message' | 'hint'> & { readonly atKey?: boolean };

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
    return { severity: 'error', path: [...path, name], ...toEnvName(name) };
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

const toEnvName = (name: string): Words =>
  name === ''
    ? { code: 'invalid-key', message: 'env name is empty', hint: 'write a name', atKey: true }
    : { code: 'invalid-key', message: `env name "${name}" contains "="`, hint: 'remove "="', atKey: true };

const toMissing = (missing: string, path: Path): Words => {
  if (path.length === 0)
    return { code: 'missing-key', message: `"${missing}" is missing at the top level`, hint: `add a "${missing}:" map` };
  return { code: 'missing-key', message: `service "${path[1]}" has no "${missing}"`, hint: `add "${missing}:"`, atKey: true };
};

/** What each definition of the schema wants, as it is said after "must be", and how to write it. */
const expectations: Readonly<Record<string, readonly [expected: string, hint: string | null]>> = {
  boolean: ['true or false', null],
  count: ['a whole number', 'write for example 3'],
  positive: ['a whole number above zero', 'write for example 3'],
  factor: ['a number', 'write for example 2'],
  exitCode: ['an exit code from 0 to 255', null],
  duration: ['a duration', 'write for example 500ms, 2s or 1m30s'],
  delay: ['a duration', 'write for example 500ms, 2s or 1m30s'],
  size: ['a size', 'write for example 10MB'],
  command: ['text or a list of text', 'write the command to run'],
  port: ['a whole number from 1 to 65535', 'write for example 3000'],
  fixedPort: ['a whole number from 1 to 65535', 'write for example 3000'],
  ports: ['a list of ports or a map of name to port', 'write for example [3000, 3001]'],
  portRange: ['two ports', 'write for example "3000-3010"'],
  env: ['a map of NAME: value, or a list of NAME=value', null],
  files: ['a file name or a list of them', null],
  globs: ['a glob or a list of them', null],
  names: ['a list of names', 'write for example [debug]'],
  dependsOn: ['a name, a list or a map', 'write [db]'],
  dependency: ['a map', 'write for example {condition: healthy}'],
  status: ['a status code', 'write 200, "2xx", "200-399" or a list of them'],
  statusItem: ['a status code', 'write 200, "2xx" or "200-399"'],
  tcp: ['a port, "host:port" or true', 'write for example 5432'],
  headers: ['a map of name to text', null],
  health: ['a map', 'write for example {http: "http://localhost:3000/health"}'],
  ready: ['a map', 'write for example {log: "listening"}'],
  healthcheck: ['a map', 'write for example {test: [CMD, pg_isready]}'],
  restart: ['a policy or a map', 'write no, on-failure, always, or {policy: on-failure, max: 3}'],
  stop: ['a map', 'write for example {signal: SIGINT, timeout: 10s}'],
  log: ['a map', 'write for example {file: logs/api.log}'],
  fields: ['a map', null],
  pattern: ['text', 'write a regular expression in quotes'],
};

const toWords = (error: ErrorObject, path: Path): Words => {
  const data = error.data as RawValue;
  const key = String(path.at(-1) ?? '');
  const def = /^#\/\$defs\/(\w+)/.exec(error.schemaPath)?.[1] ?? '';
  const parentKey = String(path.at(-2) ?? '');
  if (path.length === 1 && key === 'services') return toServicesWords(data);
  if (path.length === 2 && path[0] === 'services') return toServiceWords(key, data);
  if (parentKey === 'env' && error.schemaPath.includes('/env/')) return toEnvWords(error, key, data);
  const known = special(error, { key, def, path });
  if (known !== null) return known;
  if (data === '' || (Array.isArray(data) && data.length === 0)) {
    return { code: 'invalid-value', message: `"${key}" is empty`, hint: expectations[def]?.[1] ?? 'write a value, or remove it' };
  }
  const [expected, hint] = expectations[def] ?? [typesOf(error), null];
  const isText = expected.includes('text') && (typeof data === 'number' || typeof data === 'boolean');
  const subject = /^\d+$/.test(key) ? `an item of "${parentKey}"` : `"${key}"`;
  const found = looksSecret(key) ? '***' : describeRaw(data);
  return { code: 'wrong-type', message: `${subject} must be ${expected}, found ${found}`, hint: isText ? 'quote it' : hint };
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

type Spot = { readonly key: string; readonly def: string; readonly path: Path };

/** Values for which more can be said than their type. */
const special = (error: ErrorObject, { key, def, path }: Spot): Words | null => {
  const data = error.data as RawValue;
  switch (def) {
    case 'port':
    case 'fixedPort':
      return toPortWords(key, data, def === 'port');
    case 'duration':
    case 'delay':
      if (typeof data !== 'string' && typeof data !== 'number') return null;
      return toParsedWords('invalid-duration', parseDuration(String(data)));
    case 'size':
      if (typeof data !== 'string') return null;
      return toParsedWords('invalid-size', parseBytes(data));
    case 'condition':
      return toChoice(data, { what: 'condition', choices: Object.keys(conditions), shown: ['started', 'healthy', 'completed'] });
    case 'policy':
      return toPolicyWords(data);
    case 'signal':
      return toChoice(data, { what: 'stop signal', choices: enumOf(error), shown: enumOf(error) });
    case 'count':
    case 'positive':
      return typeof data === 'number' && Number.isInteger(data)
        ? {
            code: 'invalid-value',
            message: `${key} must be ${def === 'count' ? '0 or more' : 'at least 1'}, found ${data}`,
            hint: null,
          }
        : null;
    case 'restart':
      return error.keyword === 'enum' ? toPolicyWords(data) : null;
    case 'env':
      return path.at(-1) === 'env' ? null : null;
    default:
      return error.keyword === 'enum' || error.keyword === 'const'
        ? toChoice(data, { what: key, choices: enumOf(error), shown: enumOf(error) })
        : null;
  }
};

const enumOf = ({ params }: ErrorObject): string[] => {
  const values: unknown = params['allowedValues'] ?? [params['allowedValue']];
  return Array.isArray(values) ? values.map(String) : [];
};

const toParsedWords = (code: Words['code'], parsed: { ok: true } | { ok: false; problem: string; hint: string }): Words | null =>
  parsed.ok ? null : { code, message: parsed.problem, hint: parsed.hint };

type Choices = { readonly what: string; readonly choices: readonly string[]; readonly shown: readonly string[] };

const toChoice = (data: RawValue, { what, choices, shown }: Choices): Words => {
  const list = shown.join(', ');
  if (typeof data !== 'string')
    return { code: 'wrong-type', message: `"${what}" must be one of ${list}, found ${describeRaw(data)}`, hint: null };
  const found = data.startsWith('service_') || what !== 'condition' ? didYouMean(data, choices) : didYouMean(data, shown);
  const meant = found === null ? null : (conditions[found] ?? found);
  const hint = meant === null ? `write one of ${list}` : `did you mean "${meant}"?`;
  return { code: 'invalid-value', message: `unknown ${what} "${data}"`, hint };
};

const toPolicyWords = (data: RawValue): Words => {
  const policies = ['no', 'on-failure', 'always'];
  if (typeof data !== 'string')
    return {
      code: 'wrong-type',
      message: `"restart" must be a policy or a map, found ${describeRaw(data)}`,
      hint: `write one of ${policies.join(', ')}`,
    };
  const [, max] = /^on-failure:(\d+)$/.exec(data) ?? [];
  const meant =
    data === 'unless-stopped' ? 'did you mean "always"?' : data === 'never' ? 'did you mean "no"?' : suggest(data, policies);
  const hint =
    max !== undefined
      ? `write {policy: on-failure, max: ${max}}`
      : meant === null
        ? `write one of ${policies.join(', ')}`
        : `${meant} (${policies.join(', ')})`;
  return { code: 'invalid-value', message: `"${data}" is not a restart policy`, hint };
};

const toPortWords = (key: string, data: RawValue, mayBeAuto: boolean): Words => {
  const range = 'out of range 1-65535';
  if (typeof data === 'string' && /^\d+$/.test(data)) {
    return {
      code: 'wrong-type',
      message: `"${key}" must be a whole number from 1 to 65535, found text "${data}"`,
      hint: 'remove the quotes',
    };
  }
  const [, , inner] = typeof data === 'string' ? (/^([\d.]+:)?(\d+):(\d+)$/.exec(data) ?? []) : [];
  if (inner !== undefined)
    return {
      code: 'invalid-value',
      message: `"${String(data)}" maps the port of a container`,
      hint: `write the port that it listens on: ${inner}`,
    };
  if (typeof data !== 'number') {
    const name = /^\d+$/.test(key) ? 'a port' : `"${key}"`;
    return {
      code: 'wrong-type',
      message: `${name} must be a whole number from 1 to 65535, found ${describeRaw(data)}`,
      hint: 'write for example 3000',
    };
  }
  if (!Number.isInteger(data))
    return {
      code: 'wrong-type',
      message: `port ${data} is not a whole number`,
      hint: Number.isFinite(data) ? `write ${Math.trunc(data)}` : 'write for example 3000',
    };
  if (data === 0 && mayBeAuto)
    return { code: 'invalid-value', message: `port 0 is ${range}`, hint: 'use "port: auto" for any free port' };
  if (data > 999_999) return { code: 'invalid-value', message: `port is ${range}`, hint: 'pick a smaller number' };
  return { code: 'invalid-value', message: `port ${data} is ${range}`, hint: 'pick a number from 1 to 65535' };
};

const toServicesWords = (data: RawValue): Words => {
  const base = `"services" must be a map of name to service, found ${typeof data === 'string' ? 'text' : describeRaw(data)}`;
  const [first] = Array.isArray(data) ? data : [];
  const hint = typeof first === 'string' ? `write "${first}:" instead of "- ${first}"` : 'write "web: {command: npm start}"';
  return { code: 'wrong-type', message: base, hint };
};

const toServiceWords = (name: string, data: RawValue): Words => {
  if (data === null) return { code: 'wrong-type', message: `service "${name}" is empty`, hint: 'add "command:"' };
  const found = typeof data === 'string' ? 'text' : describeRaw(data);
  const hint = typeof data === 'string' ? `write "${name}: {command: ${data}}"` : 'write {command: npm start}';
  return { code: 'wrong-type', message: `service "${name}" must be a map, found ${found}`, hint };
};

const toEnvWords = ({ keyword }: ErrorObject, name: string, data: RawValue): Words => {
  if (keyword === 'pattern') {
    const item = String(data);
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
  const what = /^\d+$/.test(name) ? 'an item of "env" must be NAME=value' : `env "${name}" must be text, number or true/false`;
  return { code: 'wrong-type', message: `${what}, found ${describeRaw(data)}`, hint: 'quote it as JSON text' };
};
