import type { Budget } from '../../domain/budget-words.ts';
import type { Groups } from '../../domain/replicas.ts';
import type { ServiceName } from '../../domain/service.ts';
import type { Change } from '../../domain/what-if-words.ts';

/** What is to be shown of the memory. */
export type StatsRequest = {
  readonly environment: string | null;
  /** Epoch milliseconds. */
  readonly since: number | null;
  /** Empty: all. */
  readonly services: readonly ServiceName[];
  /** Names that stand for several services. */
  readonly groups: Groups;
  /** As they were written: `41`, `last-1`, `best`. */
  readonly runs: readonly string[];
  readonly isComparison: boolean;
  readonly isShutdown: boolean;
  readonly changes: readonly Change[];
  readonly budgets: readonly Budget[];
  readonly format: 'text' | 'json' | 'csv' | 'markdown';
  /** More than pictures, and what is checked, was asked for by its name. */
  readonly hasView: boolean;
  readonly pictures: readonly { readonly kind: PictureKind; readonly file: string }[];
};

export type PictureKind = 'plot' | 'html' | 'trace';
