// Writes LINES numbered lines (default 100000), "1" first, as fast as it can, and ends with "done"; LONG=bytes makes it one
// line of that many bytes without a newline, of which COUNT=file says how many there are so far; PAUSE=ms is the pause after each
// thousand; STAY=1 keeps it alive afterwards.
import { openSync, writeSync } from 'node:fs';

const { LINES: lines = '100000', LONG: long, PAUSE: pause, STAY: stay, COUNT: count } = process.env;
const rest = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(pause));
if (long === undefined) {
  for (let first = 1; first <= Number(lines); first += 1000) {
    const last = Math.min(first + 999, Number(lines));
    writeSync(1, `${Array.from({ length: last - first + 1 }, (_, at) => first + at).join('\n')}\n`);
    if (pause !== undefined) rest();
  }
  writeSync(1, 'done\n');
} else {
  const piece = 'x'.repeat(65_536);
  const counter = count === undefined ? null : openSync(count, 'w');
  for (let written = 0; written < Number(long); ) {
    written += writeSync(1, piece.slice(0, Number(long) - written));
    if (counter !== null) writeSync(counter, String(written).padStart(16), 0);
  }
}
if (stay === '1') setInterval(() => undefined, 60_000);
