import { bareMap, isRawList, isRawMap, type RawMap, type RawValue } from '../domain/raw.ts';
import { activeKinds, passiveKinds } from '../domain/resolve/probe.ts';

/** Fields that say one thing in different ways: a service that gives one of them takes none from the defaults. */
const families = [
  ['port', 'ports'],
  ['health', 'healthcheck', 'health_url'],
];

/** They have no meaning for the other type, or would surprise there, so the defaults of a stack with both do not reach it. */
const serviceOnly = ['health', 'healthcheck', 'health_url', 'ready', 'startup_delay', 'watch', 'hooks'];
const taskOnly = ['inputs'];

const mergedMaps = ['health', 'ready', 'healthcheck', 'stop', 'log', 'hooks'];

/** A service over the `defaults` block: field by field, and inside `env`, probes, `restart`, `stop` and `log` again so. */
export const mergeDefaults = (name: string, own: RawMap, defaults: RawMap): RawMap => {
  const keys = Object.keys(defaults);
  if (keys.length === 0) return own;
  const result: Record<string, RawValue> = { ...own };
  const isTask = (Object.hasOwn(own, 'type') ? own['type'] : defaults['type']) === 'task';
  for (const [key, shared] of Object.entries(defaults)) {
    if ((isTask ? serviceOnly : taskOnly).includes(key)) continue;
    const value = isTask && key === 'restart' ? withoutAlways(shared) : shared;
    if (value === undefined && shared !== undefined) continue;
    const family = families.find((members) => members.includes(key)) ?? [];
    if (family.some((member) => member !== key && Object.hasOwn(own, member))) continue;
    if (!Object.hasOwn(own, key)) result[key] = key === 'depends_on' ? withoutItself(name, value) : value;
    else if (key === 'env') result[key] = Object.fromEntries([...toEnvEntries(value), ...toEnvEntries(own[key])]);
    else result[key] = mergeField(key, own[key], value);
  }
  return result;
};

/** Maps of fields, one over the other, field by field: what is a map in both is merged again so, anything else is replaced. */
export const overlay = (over: RawMap, base: RawMap): RawMap => {
  const result = Object.assign(bareMap(), over);
  for (const [key, value] of Object.entries(base)) {
    const family = key === 'port' || key === 'ports' ? [] : (families.find((members) => members.includes(key)) ?? []);
    if (family.some((member) => member !== key && Object.hasOwn(over, member))) continue;
    result[key] = Object.hasOwn(over, key) ? overlayField(key, over[key], value) : value;
  }
  return result;
};

const overlayField = (key: string, over: RawValue, base: RawValue): RawValue => {
  if (key === 'env' && over !== undefined) return Object.fromEntries([...toEnvEntries(base), ...toEnvEntries(over)]);
  if (key === 'restart' || key === 'watch' || mergedMaps.includes(key)) return mergeField(key, over, base);
  return isRawMap(over) && isRawMap(base) ? overlay(over, base) : over;
};

/** A task cannot restart always; the rest of what is said about restarts holds for it too. */
const withoutAlways = (value: RawValue): RawValue => {
  if (value === 'always') return undefined;
  if (!isRawMap(value) || value['policy'] !== 'always') return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== 'policy'));
};

/** What every service depends on does not depend on itself. */
const withoutItself = (name: string, value: RawValue): RawValue => {
  if (value === name) return undefined;
  if (isRawList(value)) return value.map((item) => (item === name ? undefined : item));
  return isRawMap(value) ? Object.fromEntries(Object.entries(value).filter(([on]) => on !== name)) : value;
};

const mergeField = (key: string, own: RawValue, fallback: RawValue): RawValue => {
  if (key === 'watch') return mergeWatch(own, fallback);
  if (!isRawMap(own)) return own;
  if (key === 'restart' && typeof fallback === 'string') return { policy: fallback, ...own };
  if (!isRawMap(fallback) || (key !== 'restart' && !mergedMaps.includes(key))) return own;
  const kinds: readonly string[] = [...activeKinds, ...passiveKinds];
  const hasKind = kinds.some((kind) => Object.hasOwn(own, kind));
  const kept = Object.entries(fallback).filter(([name]) => !(hasKind && kinds.includes(name)));
  return { ...Object.fromEntries(kept), ...own };
};

/** Globs alone are the `files` of the map: whoever says only them keeps the pace that was given, and the other way round. */
const mergeWatch = (own: RawValue, fallback: RawValue): RawValue =>
  own === undefined || fallback === undefined ? own : { ...toWatchMap(fallback), ...toWatchMap(own) };

const toWatchMap = (value: RawValue): RawMap => (isRawMap(value) ? value : { files: value });

/** An `env` block, map or list, as pairs. Values that were wrong are left out. */
export const toEnvEntries = (value: RawValue): [name: string, value: string][] => {
  const entries: [name: string, value: string][] = [];
  if (isRawMap(value)) {
    for (const name of Object.keys(value)) {
      const text = value[name];
      if (isPlain(text)) entries.push([name, String(text)]);
    }
  } else if (isRawList(value)) {
    for (const item of value) {
      const equals = typeof item === 'string' ? item.indexOf('=') : -1;
      if (typeof item === 'string' && equals > 0) entries.push([item.slice(0, equals), item.slice(equals + 1)]);
    }
  }
  return entries;
};

const isPlain = (value: RawValue): value is string | number | boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
