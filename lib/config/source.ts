import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import type { Diagnostic } from '../domain/diagnostic.ts';

/** Far above any real stack, far below what a parser would choke on. */
const sizeLimit = 5_000_000;

/** A stack file as text, with its lines. */
export type Source = {
  /** As the user named it; every diagnostic repeats it. */
  readonly file: string;
  /** Real absolute path of the folder that the file is in: the project. The file itself may be a link from elsewhere. */
  readonly root: string;
  /** Absolute path of the file, its folder's links resolved. */
  readonly absolute: string;
  readonly text: string;
  /** 1-based line and column, in characters, of an offset in `text`. */
  readonly position: (offset: number) => Position;
};

export type Position = { readonly line: number; readonly column: number };

/**
 * Reads the file, or says in one diagnostic why it cannot be one of ours. A huge file is refused without being read. `file` is
 * how it is shown. Not by promises: their module and threads cost a command 4 ms, and nothing else waits meanwhile.
 */
export const readSource = (file: string, absolute: string): Source | Diagnostic => {
  const fail = (code: Diagnostic['code'], message: string, hint: string | null): Diagnostic => {
    return { severity: 'error', code, file, line: 1, column: 1, message, hint };
  };
  let bytes: Buffer;
  let root: string;
  try {
    root = realpathSync.native(path.dirname(absolute));
    // Non-blocking, so that a named pipe in the file's place is seen for what it is instead of being waited for.
    const handle = openSync(absolute, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const stat = fstatSync(handle);
      if (stat.isDirectory()) return fail('file-unreadable', 'this is a directory, not a file', 'name the file: services.yaml');
      if (!stat.isFile()) return fail('file-unreadable', 'this is not a regular file', 'name a file');
      if (stat.size > sizeLimit) {
        const size = `${(stat.size / 1e6).toFixed(1)} MB`;
        return fail(
          'file-too-large',
          `file has ${size}; the limit is ${sizeLimit / 1e6} MB`,
          'split the stack into smaller ones',
        );
      }
      bytes = readFileSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      return fail('file-not-found', 'file does not exist', '"muster init" writes one, or name another with -f');
    }
    return fail('file-unreadable', `file cannot be read (${code})`, 'check its permissions');
  }
  return toSource({ file, root, absolute: path.join(root, path.basename(absolute)), bytes });
};

/** The same for text that is there already and stands in no file; its folder must be there all the same. */
export const readText = (file: string, absolute: string, text: string): Source | Diagnostic => {
  try {
    const root = realpathSync.native(path.dirname(absolute));
    return toSource({ file, root, absolute: path.join(root, path.basename(absolute)), bytes: new TextEncoder().encode(text) });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const message = `folder "${path.dirname(absolute)}" cannot be used (${code})`;
    return { severity: 'error', code: 'path-missing', file, line: 1, column: 1, message, hint: 'create it or fix the path' };
  }
};

type Bytes = Pick<Source, 'file' | 'root' | 'absolute'> & { readonly bytes: Uint8Array };

/** Bytes to text: UTF-8 only; a byte-order mark at the very start is dropped. */
const toSource = ({ file, root, absolute, bytes }: Bytes): Source | Diagnostic => {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // The decoder says only that a byte is wrong. The first one that does not survive a lenient round trip is the one.
    const lenient = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
    const bad = Buffer.from(lenient).findIndex((byte, index) => byte !== bytes[index]);
    const before = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, bad));
    const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
    const at = isUtf16 ? { line: 1, column: 1 } : toPosition(lineStarts(before), before)(before.length);
    const message = isUtf16 ? 'file is UTF-16' : 'file is not UTF-8 text';
    return { severity: 'error', code: 'not-utf8', file, ...at, message, hint: 'save it as UTF-8' };
  }
  let position: Source['position'] | null = null;
  return {
    file,
    root,
    absolute,
    text,
    position: (offset) => {
      position ??= toPosition(lineStarts(text), text);
      return position(offset);
    },
  };
};

const lineStarts = (text: string): number[] => {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
};

/**
 * Columns count characters, of which some take two places in the text. Only where there are such does it have to be counted,
 * and then from the last place asked for, so that a very long line with very many mistakes stays cheap.
 */
const toPosition = (starts: readonly number[], text: string): ((offset: number) => Position) => {
  const hasPairs = /[\ud800-\udbff]/.test(text);
  let last = { start: -1, offset: 0, column: 1 };
  return (offset) => {
    const index = lineIndex(starts, offset);
    const start = starts[index] ?? 0;
    if (!hasPairs) return { line: index + 1, column: offset - start + 1 };
    const from = last.start === start && last.offset <= offset ? last : { offset: start, column: 1 };
    const pairs = text.slice(from.offset, offset).match(/[\ud800-\udbff]/g)?.length ?? 0;
    last = { start, offset, column: from.column + offset - from.offset - pairs };
    return { line: index + 1, column: last.column };
  };
};

/** The last line that starts at or before the offset. */
const lineIndex = (starts: readonly number[], offset: number): number => {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
};
