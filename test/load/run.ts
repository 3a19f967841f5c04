// A hundred services that each write a thousand lines a second while their logs are rotated:
//   npm run load [-- --minutes 1] [--services 100] [--rate 1000]
// Ends with 1 when a line is missing, there twice, or out of order. Ten minutes of it are for the night.
import { parseArgs } from 'node:util';
import { cleanUpProjects } from '../support/cli.ts';
import { load } from './load.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    services: { type: 'string', default: '100' },
    rate: { type: 'string', default: '1000' },
  },
});
const [minutes, services, rate] = [values.minutes, values.services, values.rate].map(Number) as [number, number, number];
const lines = Math.round(minutes * 60 * rate);
console.log(`${services} services, ${rate} lines a second each, ${lines} lines each`);
try {
  const patience = (minutes * 3 + 2) * 60_000;
  const result = await load({ services, lines, rate, maxSize: '1MB', patience, tell: (text) => console.log(text) });
  if (result === null) throw new Error('there is no C compiler to make the writers with');
  const { rotated, cpu, memory, took, slowest } = result;
  console.log(`${result.lines} lines, each once and in order, in ${took.toFixed(1)} s; ${rotated} files by rotation`);
  console.log(`the supervisor: ${cpu.toFixed(1)} s of CPU, ${memory} MB at most; status within ${slowest} ms`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await cleanUpProjects();
}
