import type { Failure, Result } from './api.ts';

/** What a path answered last; `failure`: why the newest question got nothing. Both null: it is being asked. */
export type Polled<Data> = { readonly value: Data | null; readonly failure: Failure | null };

export const nothing: Polled<never> = { value: null, failure: null };

/** What was known goes on being shown where nothing newer could be learnt. */
export const toPolled = <Data>(before: Polled<Data>, result: Result<Data>): Polled<Data> =>
  result.ok ? { value: result.data, failure: null } : { value: before.value, failure: result.failure };
