import type { History } from '../../domain/history.ts';
import { toCompactJson } from '../../util/compact-json.ts';
import { crc32 } from '../../util/crc.ts';
import { crcStart, toHeader } from './format.ts';
import type { Memory } from './memory.ts';

/** Whose memory it is. It is adopted only where all three are the same. */
export type Project = { readonly root: string; readonly uid: number | null; readonly machine: string | null };

/** Gives the file's content in parts. */
export type Encode = (memory: Memory) => readonly Uint8Array[];

const encoder = new TextEncoder();

/**
 * The history stands before what runs, because it is the large part and changes once a boot: its bytes and their sum are kept
 * for the many saves in between, which then cost no more than what runs.
 */
export const createEncoder = (project: Project): Encode => {
  let kept: { readonly history: History; readonly bytes: Uint8Array; readonly sum: number } | null = null;

  return ({ history, supervisor, done, running }) => {
    if (kept?.history !== history) {
      const bytes = encoder.encode(`"project":${toJson(project)},\n"history":${encodeHistory(history)},\n`);
      kept = { history, bytes, sum: crc32(bytes, crcStart) };
    }
    const rest = encoder.encode(
      `"supervisor":${toJson(supervisor)},\n"done":${lines(done, toJson)},\n"running":${lines(running, toJson)}}\n`,
    );
    return [toHeader(crc32(rest, kept.sum)), kept.bytes, rest];
  };
};

const encodeHistory = ({ folded, foldedRuns, runs }: History): string =>
  `{"folded":${lines(folded, toCompactJson)},${foldedRuns === undefined ? '' : `"foldedRuns":${toJson(foldedRuns)},\n`}"runs":[${runs.map((run) => `\n${toCompactJson(run)}`).join(',')}\n]}`;

const toJson = (value: unknown): string => JSON.stringify(value);

/** One entry a line, for `cat` and `diff`. */
const lines = <T>(record: Readonly<Record<string, T>>, encode: (value: T) => string): string => {
  const entries = Object.entries(record).map(([key, value]) => `\n${JSON.stringify(key)}:${encode(value)}`);
  return `{${entries.join(',')}\n}`;
};
