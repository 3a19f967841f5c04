import { StringDecoder } from 'node:string_decoder';

/** Characters after which a line without an end is passed on in pieces, so that memory stays bounded whatever a service prints. */
export const longestLine = 65_536;

export type LineSplitter = {
  /** The lines that these bytes completed, without their line ends. */
  push(bytes: Uint8Array): readonly string[];
  /** What has come of the line that has not ended yet. */
  unfinished(): string;
  /** The unfinished line, or null when there is none, as if it had ended now. */
  flush(): string | null;
};

const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdbff;

// A pair of surrogates is one character: a cut between its halves would show two broken ones.
const cutAt = (text: string, from: number): number =>
  isHighSurrogate(text.charCodeAt(from + longestLine - 1)) ? from + longestLine - 1 : from + longestLine;

/** Cuts bytes into lines; a character that is cut by a chunk is put together again, invalid UTF-8 becomes U+FFFD. */
export const createLineSplitter = (): LineSplitter => {
  let decoder = new StringDecoder('utf8');
  let pending = '';

  const passOnPieces = (text: string, lines: string[]): string => {
    let start = 0;
    while (text.length - start > longestLine) {
      const end = cutAt(text, start);
      lines.push(text.slice(start, end));
      start = end;
    }
    return start === 0 ? text : text.slice(start);
  };

  return {
    push: (bytes) => {
      const text = pending + decoder.write(bytes);
      const lines: string[] = [];
      let start = 0;
      for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
        const line = passOnPieces(text.slice(start, end), lines);
        lines.push(line.endsWith('\r') ? line.slice(0, -1) : line);
        start = end + 1;
      }
      pending = passOnPieces(text.slice(start), lines);
      return lines;
    },
    unfinished: () => pending,
    flush: () => {
      const rest = pending + decoder.end();
      pending = '';
      decoder = new StringDecoder('utf8');
      return rest === '' ? null : rest;
    },
  };
};
