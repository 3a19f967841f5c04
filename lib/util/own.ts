/** The record's own value under `key`. A service may be called `constructor`, and a plain look-up would find what every object inherits. */
export const own = <T>(record: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;
