// Writes LINES numbered lines (default 100000), "1" first, as fast as it can, and ends with "done"; LONG=bytes makes it one
// line of that many bytes without a newline; PAUSE=ms is the pause after each thousand; STAY=1 keeps it alive afterwards.
import { writeSync } from 'node:fs';

const { LINES: lines = '100000', LONG: long, PAUSE: pause, STAY: stay } = process.env;
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
  for (let left = Number(long); left > 0; left -= piece.length) writeSync(1, piece.slice(0, left));
}
if (stay === '1') setInterval(() => undefined, 60_000);
