import type { Path } from '../domain/issue.ts';
import type { RawValue } from '../domain/raw.ts';
import { looksSecret } from '../util/secrets.ts';
import { error, type Finding } from './finding.ts';
import { interpolate, type Variables } from './interpolate.ts';
import { isNumberSpot } from './spots.ts';

/** One `${service.what}` that was written, where, and for which value. */
export type AddressUse = { readonly service: string; readonly what: string; readonly path: Path; readonly offset: number };

/** A value at a path that a variable with a secret-looking name gave. */
export type SecretUse = { readonly path: Path; readonly value: string };

/** What values are filled in from, and what of it is remembered. */
export type Filling = {
  readonly env: Variables;
  readonly addresses: AddressUse[];
  readonly secrets: SecretUse[];
};

/** A text with variables in it. */
export type Written = {
  readonly value: string;
  readonly path: Path;
  /** As it stands in the file: with its quotes and escapes. */
  readonly source: string;
  /** Of its source. */
  readonly offset: number;
};

/** A value with its variables filled in; undefined where the findings say why not. */
export const fillIn = (
  { env, addresses, secrets }: Filling,
  { value, path, source, offset }: Written,
): { readonly value: RawValue; readonly findings: readonly Finding[] } => {
  const found = interpolate(value, env);
  /** The n-th `${` of the value is the n-th of its source, whatever escapes or line breaks are between. */
  const offsetAt = (at: number): number => {
    const index = nthIndex(source, value.slice(0, at).split('${').length);
    return offset + Math.max(0, index);
  };
  const findings = found.problems.map(({ code, at, message, hint, variable }) =>
    error(code, offsetAt(at), message, (variable === 'PORT' ? hintAtOwnPort(path) : null) ?? hint),
  );
  for (const { at, service, what } of found.addresses) addresses.push({ service, what, path: [...path], offset: offsetAt(at) });
  for (const name of found.variables) {
    const held = Object.hasOwn(env, name) ? env[name] : undefined;
    if (held !== undefined && looksSecret(name)) secrets.push({ path: [...path], value: held });
  }
  if (findings.length > 0) return { value: undefined, findings };
  return { value: isNumberSpot(path) ? toPlainValue(found.text) : found.text, findings };
};

/** What the service is given on this run is not known yet where the file is read. Null: it says nothing there. */
const hintAtOwnPort = (path: Path): string | null => {
  const [, service, field, ...deeper] = path[0] === 'environments' ? path.slice(2) : path;
  if (service === undefined || field === undefined || field === 'port' || field === 'ports') return null;
  const address = `\${${String(service)}.port}`;
  const ways = field === 'command' && deeper.length === 0 ? `${address}, or $PORT for the shell` : address;
  return `the port of the service itself is ${ways}; else set it in the environment`;
};

const nthIndex = (text: string, count: number): number => {
  let index = -1;
  for (let n = 0; n < count; n += 1) {
    index = text.indexOf('${', index + 1);
    if (index < 0) return -1;
  }
  return index;
};

/** `port: ${PORT}` is a number, as if it had been written, with quotes or without. */
const toPlainValue = (text: string): RawValue => {
  if (text === 'true' || text === 'false') return text === 'true';
  const number = Number(text);
  return text !== '' && Number.isFinite(number) && String(number) === text ? number : text;
};
