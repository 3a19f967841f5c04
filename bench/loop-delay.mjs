// Preloaded into the supervisor: writes the longest time its event loop was blocked, in milliseconds, into LOOP_DELAY_FILE.
// It counts from the first line of output on: before that, the file is read and there is no supervisor yet.
import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const resolution = 1;
const histogram = monitorEventLoopDelay({ resolution });
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = (...args) => {
  process.stdout.write = write;
  setImmediate(() => histogram.enable());
  return write(...args);
};
process.on('exit', () => {
  const toMs = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - resolution);
  const { max } = histogram;
  writeFileSync(process.env.LOOP_DELAY_FILE, JSON.stringify({ max: toMs(max), p99: toMs(histogram.percentile(99)) }));
});
