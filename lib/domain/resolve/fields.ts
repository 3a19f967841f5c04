import { parseBytes } from '../../util/bytes.ts';
import { didYouMean } from '../../util/did-you-mean.ts';
import { parseDuration } from '../../util/duration.ts';
import type { Issue, Path, Report } from '../issue.ts';
import { isRawList, isRawMap, type RawMap, type RawValue } from '../raw.ts';

/**
 * One map of the raw configuration, read field by field. What does not agree with the schema has been reported and taken
 * out before, so every reader answers its fallback for a value of another type, and reports only what a schema cannot say.
 */
export type Fields = {
  readonly map: RawMap;
  readonly path: Path;
  readonly report: Report;
};

export const toFields = (value: RawValue, path: Path, report: Report): Fields => ({
  map: isRawMap(value) ? value : {},
  path,
  report,
});

export const fieldsOf = (fields: Fields, key: string): Fields | null => {
  const value = get(fields, key);
  return isRawMap(value) ? { map: value, path: [...fields.path, key], report: fields.report } : null;
};

export const get = ({ map }: Fields, key: string): RawValue => (Object.hasOwn(map, key) ? map[key] : undefined);

/** Also true for a value that was wrong and has been taken out. */
export const isGiven = ({ map }: Fields, key: string): boolean => Object.hasOwn(map, key);

export const readText = <T extends string | null>(fields: Fields, key: string, fallback: T): string | T => {
  const value = get(fields, key);
  return typeof value === 'string' ? value : fallback;
};

export const readNumber = (fields: Fields, key: string, fallback: number): number => {
  const value = get(fields, key);
  return typeof value === 'number' ? value : fallback;
};

export const readBoolean = (fields: Fields, key: string, fallback: boolean): boolean => {
  const value = get(fields, key);
  return typeof value === 'boolean' ? value : fallback;
};

/** One of a closed set; the schema has refused everything else. */
export const readChoice = <T extends string>(fields: Fields, key: string, choices: readonly T[], fallback: T): T => {
  const value = get(fields, key);
  return typeof value === 'string' && choices.includes(value as T) ? (value as T) : fallback;
};

/** A list of texts; a single text counts as a list of one. */
export const readTexts = (fields: Fields, key: string): readonly string[] => {
  const value = get(fields, key);
  if (typeof value === 'string') return [value];
  return isRawList(value) ? value.filter((item) => typeof item === 'string') : noTexts;
};

const noTexts: readonly string[] = [];

export type DurationRule = { readonly fallback: number; readonly least?: number; readonly example?: string };

export const readDuration = (fields: Fields, key: string, { fallback, least = 0, example = '1s' }: DurationRule): number => {
  const value = get(fields, key);
  if (typeof value !== 'string' && typeof value !== 'number') return fallback;
  const parsed = parseDuration(String(value));
  if (!parsed.ok) {
    complain(fields, key, { code: 'invalid-duration', message: parsed.problem, hint: parsed.hint });
    return fallback;
  }
  if (parsed.value >= least) return parsed.value;
  const message = least === 1 ? `${key} must be above zero` : `${key} must be at least ${least}ms`;
  complain(fields, key, { code: 'invalid-duration', message, hint: `write ${example}` });
  return fallback;
};

export const readBytes = (fields: Fields, key: string, fallback: number): number => {
  const value = get(fields, key);
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return fallback;
  const parsed = parseBytes(value);
  if (parsed.ok) return parsed.value;
  complain(fields, key, { code: 'invalid-size', message: parsed.problem, hint: parsed.hint });
  return fallback;
};

export type Complaint = Pick<Issue, 'code' | 'message' | 'hint'> & Partial<Pick<Issue, 'severity' | 'atKey' | 'within'>>;

/** Reports something about one field. */
export const complain = (fields: Fields, key: string | readonly (string | number)[], complaint: Complaint): void => {
  const steps = typeof key === 'string' ? [key] : key;
  fields.report({ severity: 'error', ...complaint, path: [...fields.path, ...steps] });
};

/** `did you mean "x"?`, or null. */
export const suggest = (word: string, candidates: Iterable<string>): string | null => {
  const meant = didYouMean(word, candidates);
  return meant === null ? null : `did you mean "${meant}"?`;
};
