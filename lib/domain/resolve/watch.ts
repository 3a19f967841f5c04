import { defaults } from '../defaults.ts';
import type { WatchRule } from '../service.ts';
import { type Fields, fieldsOf, isGiven, readBoolean, readDuration, readText, readTexts } from './fields.ts';

export type WatchContext = {
  readonly absolute: (file: string, field?: readonly string[]) => string;
  readonly hotReload?: boolean;
};

/** Globs alone, or a map with them. They are relative to the folder that the service runs in, as `inputs` are. */
export const readWatch = (fields: Fields, { absolute, hotReload = false }: WatchContext): WatchRule | null => {
  if (!isGiven(fields, 'watch')) return null;
  const map = fieldsOf(fields, 'watch');
  const globs = map === null ? readTexts(fields, 'watch') : readTexts(map, 'files');
  // `enabled` alone is the word of an environment about files that others name.
  if (globs.length === 0) return null;
  return {
    folder: absolute(readText(fields, 'cwd', '.'), ['cwd']),
    globs,
    debounce:
      map === null
        ? defaults.watchDebounce
        : readDuration(map, 'debounce', { fallback: defaults.watchDebounce, example: '500ms' }),
    isOn: map === null ? hotReload : readBoolean(map, 'enabled', hotReload),
  };
};
