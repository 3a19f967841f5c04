import type { ErrorObject } from 'ajv';
import type { Issue } from '../domain/issue.ts';
import { describeRaw, type RawValue } from '../domain/raw.ts';
import { conditions } from '../domain/resolve/dependencies.ts';
import { suggest } from '../domain/resolve/fields.ts';
import { parseBytes } from '../util/bytes.ts';
import { didYouMean } from '../util/did-you-mean.ts';
import { parseDuration } from '../util/duration.ts';

/** What a sentence about one value consists of. */
export type Words = Pick<Issue, 'code' | 'message' | 'hint'> & { readonly atKey?: boolean };

type Spot = { readonly key: string; readonly def: string };

/** Values for which more can be said than their type. */
export const special = (error: ErrorObject, { key, def }: Spot): Words | null => {
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
    case 'notifyEvent':
      return toChoice(data, { what: 'event', choices: enumOf(error), shown: enumOf(error) });
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
    case 'replicas':
      return typeof data === 'number' && Number.isInteger(data)
        ? { code: 'invalid-value', message: `replicas must be from 0 to 1000, found ${data}`, hint: null }
        : null;
    case 'restart':
      return error.keyword === 'enum' ? toPolicyWords(data) : null;
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
    return {
      code: 'wrong-type',
      message: `"${what}" must be ${shown.length > 1 ? 'one of ' : ''}${list}, found ${describeRaw(data)}`,
      hint: null,
    };
  const found = shown.find((choice) => choice === `SIG${data.toUpperCase()}`) ?? didYouMean(data, [...shown, ...choices]);
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
  const [, , outer] = typeof data === 'string' ? (/^([\d.]+:)?(\d+):(\d+)$/.exec(data) ?? []) : [];
  if (outer !== undefined)
    return {
      code: 'invalid-value',
      message: `${describeRaw(data)} maps the port of a container`,
      hint: `write the one port that it listens on, for example ${outer}`,
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
