// Preloaded into the supervisor: writes the longest time its event loop was blocked, in milliseconds, into LOOP_DELAY_FILE.
import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const resolution = 1;
const histogram = monitorEventLoopDelay({ resolution });
histogram.enable();
process.on('exit', () => {
  const toMs = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - resolution);
  const { max } = histogram;
  writeFileSync(process.env.LOOP_DELAY_FILE, JSON.stringify({ max: toMs(max), p99: toMs(histogram.percentile(99)) }));
});
