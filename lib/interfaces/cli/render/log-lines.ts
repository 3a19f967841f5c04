import type { ServiceName } from '../../../domain/service.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import { createPrefixer } from './prefix.ts';
import type { Look } from './theme.ts';

/** A line of a service. `at`: epoch milliseconds of its arrival; null where nobody saw it come. */
export type ToldLine = {
  readonly service: ServiceName;
  readonly stream: 'stdout' | 'stderr';
  readonly at: number | null;
  readonly text: string;
  /** Where on a cluster; absent: it is of this machine. */
  readonly pod?: string;
};

/**
 * `people`: made safe for a terminal, with the service's name before it where there are several. `raw`: as it was printed.
 * `json`: for programs, one object a line.
 */
export type LogFormat = 'people' | 'raw' | 'json';

export type LogOptions = Look & { readonly format: LogFormat; readonly names: readonly ServiceName[] };

export const createLineTeller = ({ format, names, ...look }: LogOptions): ((line: ToldLine) => string) => {
  switch (format) {
    case 'raw':
      return ({ text }) => text;
    case 'json':
      return toJson;
    case 'people': {
      if (names.length === 1) return ({ text }) => toSafeText(text, { colours: look.colour });
      const prefix = createPrefixer(names, look);
      return ({ service, text }) => prefix(service, text);
    }
  }
};

const toJson = ({ service, stream, at, text, pod }: ToldLine): string =>
  JSON.stringify({ at: at === null ? null : new Date(at).toISOString(), service, stream, text, pod }).replace(hidden, toEscape);

/** What JSON leaves as it is, and a terminal would take as a command, or not show. */
const hidden = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

const toEscape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
