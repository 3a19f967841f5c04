/** Cuts bytes into lines. `false` from `add`: a line is longer than `longest` bytes, and nothing more is read. */
export type LineCutter = { add(bytes: Buffer): boolean };

const newline = 0x0a;

export const createLineCutter = (longest: number, onLine: (line: string) => void): LineCutter => {
  // Pieces are joined once a line is whole, so that a long one does not cost its length with every piece.
  let pieces: Buffer[] = [];
  let length = 0;
  let isBroken = false;

  const take = (piece: Buffer): void => {
    length += piece.length;
    isBroken = length > longest;
    if (isBroken) pieces = [];
    else pieces.push(piece);
  };

  return {
    add: (bytes) => {
      let from = 0;
      for (let at = bytes.indexOf(newline); at >= 0 && !isBroken; at = bytes.indexOf(newline, from)) {
        take(bytes.subarray(from, at));
        from = at + 1;
        if (isBroken) break;
        const line = Buffer.concat(pieces).toString('utf8');
        pieces = [];
        length = 0;
        if (line.trim() !== '') onLine(line);
      }
      if (!isBroken && from < bytes.length) take(bytes.subarray(from));
      return !isBroken;
    },
  };
};
