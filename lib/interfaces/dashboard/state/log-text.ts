import { toClockTime } from '../../../util/local-time.ts';
import { stripColours } from './colours.ts';
import type { LogRow } from './log-buffer.ts';

/** Of the clock on the wall, `hh:mm:ss.mmm`; empty where it is not known. `at`: epoch milliseconds. */
export const formatLogTime = (at: number | null): string => (at === null ? '' : toClockTime(at));

type Columns = { readonly hasTime: boolean; readonly hasName: boolean };

/** As it is shown, without its colours: for a file, or for the clipboard. */
export const toLogText = (rows: readonly LogRow[], { hasTime, hasName }: Columns): string =>
  rows
    .map((row) => {
      const time = row.kind === 'line' ? formatLogTime(row.at) : '';
      const text = row.kind === 'line' ? stripColours(row.text) : `… ${row.count} lines left out`;
      return [hasTime && time !== '' ? `${time} ` : '', hasName ? `${row.service} | ` : '', text, '\n'].join('');
    })
    .join('');
