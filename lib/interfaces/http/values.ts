import { own } from '../../util/own.ts';
import { badRequest, type HttpProblem } from './problem.ts';
import type { Field, Fields, Values } from './route.ts';

export type Checked = { readonly ok: true; readonly values: Values } | { readonly ok: false; readonly problem: HttpProblem };

const longestText = 4_096;
const mostNames = 10_000;

/** What stands after the `?`. */
export const readQuery = (text: string, fields: Fields): Checked => {
  const given = new Map<string, unknown>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (given.has(name)) return refuse(`"${shorten(name)}" is there twice`);
    given.set(name, fromText(value, own(fields, name)));
  }
  return check(given, fields);
};

/** A JSON object; nothing at all counts as an empty one. */
export const readBody = (text: string, fields: Fields): Checked => {
  let data: unknown;
  try {
    data = text.trim() === '' ? {} : JSON.parse(text);
  } catch {
    // The reason would quote what was sent.
    return refuse('the body is not JSON');
  }
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return refuse('the body has to be a JSON object');
  return check(new Map(Object.entries(data)), fields);
};

const fromText = (value: string, field: Field | undefined): unknown => {
  switch (field?.type) {
    case 'integer':
      return /^-?\d{1,15}$/.test(value) ? Number(value) : value;
    case 'boolean':
      return value === 'true' ? true : value === 'false' ? false : value;
    case 'names':
      return value === '' ? [] : value.split(',');
    default:
      return value;
  }
};

const check = (given: ReadonlyMap<string, unknown>, fields: Fields): Checked => {
  for (const [name, value] of given) {
    const field = own(fields, name);
    if (field === undefined) {
      const known = Object.keys(fields);
      return refuse(`there is no "${shorten(name)}" here`, known.length === 0 ? 'it takes none' : `it takes ${known.join(', ')}`);
    }
    const wrong = judge(value, field);
    if (wrong !== null) return refuse(`"${name}" has to be ${wrong}`);
  }
  const missing = Object.entries(fields).find(([name, { required }]) => required === true && !given.has(name));
  if (missing !== undefined) return refuse(`"${missing[0]}" is missing`, missing[1].description);
  return { ok: true, values: toValues(given) };
};

/** Null: it is as it should be. */
const judge = (value: unknown, { type, minimum, maximum }: Field): string | null => {
  switch (type) {
    case 'text':
      return typeof value === 'string' && value.length <= longestText ? null : 'a text';
    case 'boolean':
      return typeof value === 'boolean' ? null : 'true or false';
    case 'data':
      return null;
    case 'names':
      return Array.isArray(value) && value.length <= mostNames && value.every(isName) ? null : 'a list of names of services';
    case 'integer': {
      const [least, most] = [minimum ?? Number.MIN_SAFE_INTEGER, maximum ?? Number.MAX_SAFE_INTEGER];
      const isFine = Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most;
      return isFine ? null : `a whole number from ${least} to ${most}`;
    }
  }
};

const isName = (value: unknown): boolean => typeof value === 'string' && value !== '' && value.length <= 256;

const toValues = (given: ReadonlyMap<string, unknown>): Values => ({
  text: (name) => {
    const value = given.get(name);
    return typeof value === 'string' ? value : null;
  },
  integer: (name) => {
    const value = given.get(name);
    return typeof value === 'number' ? value : null;
  },
  boolean: (name) => given.get(name) === true,
  names: (name) => {
    const value = given.get(name);
    return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
  },
  data: (name) => given.get(name),
});

const refuse = (message: string, hint?: string): Checked => ({ ok: false, problem: badRequest(message, hint) });

const shorten = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text);
