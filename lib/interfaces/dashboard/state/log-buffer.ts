import { stripColours } from './colours.ts';
import type { LinesEvent } from './types.ts';

export type LogRow =
  | {
      readonly kind: 'line';
      readonly id: number;
      readonly service: string;
      readonly isError: boolean;
      readonly at: number | null;
      readonly text: string;
    }
  /** The page was not sent these: the files have all. */
  | { readonly kind: 'gap'; readonly id: number; readonly service: string; readonly count: number };

const most = 20_000;

/** The newest lines, with what was left out between them. */
export type LogBuffer = {
  add(event: LinesEvent): void;
  clear(): void;
  /** With this text in it, in lower case; all when it is empty. `isErrorsOnly`: of those that were written to stderr. */
  rows(search: string, isErrorsOnly?: boolean): readonly LogRow[];
  /** Changes with each change. */
  readonly version: () => number;
  readonly skipped: () => number;
};

export const createLogBuffer = (): LogBuffer => {
  let rows: LogRow[] = [];
  let version = 0;
  let lastId = 0;
  let skipped = 0;
  let found: { readonly asked: string; readonly version: number; readonly rows: readonly LogRow[] } | null = null;

  const push = (row: LogRow): void => void rows.push(row);

  return {
    add: ({ service, stream, at, skipped: left, lines }) => {
      version += 1;
      skipped += left;
      if (left > 0) {
        lastId += 1;
        push({ kind: 'gap', id: lastId, service, count: left });
      }
      for (const text of lines) {
        lastId += 1;
        push({ kind: 'line', id: lastId, service, isError: stream === 'stderr', at, text });
      }
      // Cut rarely, so that a flood does not copy the whole for each batch.
      if (rows.length > most * 1.25) rows = rows.slice(-most);
    },
    clear: () => {
      rows = [];
      version += 1;
      skipped = 0;
    },
    rows: (search, isErrorsOnly = false) => {
      if (search === '' && !isErrorsOnly) return rows;
      const asked = `${isErrorsOnly} ${search}`;
      if (found?.asked === asked && found.version === version) return found.rows;
      const isWanted = (row: LogRow): boolean =>
        row.kind === 'line' &&
        (row.isError || !isErrorsOnly) &&
        (search === '' || stripColours(row.text).toLowerCase().includes(search));
      const matching = rows.filter(isWanted);
      found = { asked, version, rows: matching };
      return matching;
    },
    version: () => version,
    skipped: () => skipped,
  };
};
