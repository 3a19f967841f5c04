// For `NODE_OPTIONS=--import=…`: a supervisor in the background says so in $GATE.waiting, and begins when $GATE is there.
import { existsSync, writeFileSync } from 'node:fs';

const { GATE = '', MUSTER_BACKGROUND } = process.env;
if (MUSTER_BACKGROUND === '1') {
  writeFileSync(`${GATE}.waiting`, '');
  while (!existsSync(GATE)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
}
