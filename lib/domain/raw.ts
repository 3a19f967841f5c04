/**
 * What `services.yaml` holds once it is read and agrees with the schema, before any default is filled in. Values that did
 * not agree are `undefined`: they have been reported, and nothing more is said about them.
 */
export type RawValue = string | number | boolean | null | undefined | readonly RawValue[] | RawMap;
export type RawMap = { readonly [key: string]: RawValue };

/** Objects without a prototype are hash tables to V8, which cost five times as much; one of these only has an empty one. */
const Bare = function (): void {} as unknown as new () => Record<string, never>;
Object.defineProperty(Bare, 'prototype', { value: Object.freeze(Object.create(null)) });

/** A map in which no key means anything yet: `__proto__` is one like any other. */
export const bareMap = <T = RawValue>(): Record<string, T> => new Bare();

export const isRawMap = (value: RawValue): value is RawMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isRawList = (value: RawValue): value is readonly RawValue[] => Array.isArray(value);

/** `text`, `number 42`, `a list`, as it is said after "found". Long text is cut. */
export const describeRaw = (value: RawValue): string => {
  if (value === null || value === undefined) return 'nothing';
  if (typeof value === 'string') return value === '' ? 'empty text' : `"${value.length > 40 ? `${value.slice(0, 40)}…` : value}"`;
  if (typeof value === 'number') return `number ${value}`;
  if (typeof value === 'boolean') return String(value);
  return isRawList(value) ? 'a list' : 'a map';
};
