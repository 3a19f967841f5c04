// Keeps a log as a supervisor does, only that it rotates without a pause: rotates-log.ts LOG. Ends with its stdin.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { recordArrivals } from '../../lib/runtime/logs/arrivals.ts';
import { rotateLog } from '../../lib/runtime/logs/rotate.ts';

const log = process.argv[2] ?? '';
const stop = recordArrivals({ path: log, onGrowth: () => undefined });
let isEnding = false;
process.stdin.on('end', () => {
  isEnding = true;
});
process.stdin.resume();
process.stdout.write('ready\n');
const keep = async (): Promise<void> => {
  while (!isEnding) {
    const result = await rotateLog({ path: log, maxSize: 262_144, keep: 1000 });
    if (result.kind === 'postponed') throw new Error(result.reason);
    await nextTurn();
  }
  stop();
};
void keep();
