import { own } from '../../util/own.ts';
import type { ApplyRequest } from '../control.ts';

const longestList = 10_000;

/** From data that anybody may have written. Null: it is something else. */
export const parseApply = (value: unknown): ApplyRequest | null => {
  if (!isFields(value)) return null;
  const [file, environment, noDeps] = [own(value, 'file'), own(value, 'environment'), own(value, 'noDeps')];
  const [profiles, only, variables] = [own(value, 'profiles'), own(value, 'only'), own(value, 'variables')];
  if (typeof file !== 'string' || typeof noDeps !== 'boolean' || !isTexts(profiles) || !isTexts(only)) return null;
  if ((environment !== null && typeof environment !== 'string') || !isFields(variables)) return null;
  const texts = Object.entries(variables).flatMap(([name, text]) => (typeof text === 'string' ? [[name, text] as const] : []));
  if (texts.length !== Object.keys(variables).length) return null;
  return { file, environment, profiles, only, noDeps, variables: Object.fromEntries(texts) };
};

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.length <= longestList && value.every((item) => typeof item === 'string');
