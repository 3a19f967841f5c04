/**
 * A process that saves a memory, to be killed or starved by the tests: `node memory-writer FOLDER MODE`.
 * `three`: saves generations 1 to 3 and ends. `endless`: prints a line and saves generations until killed, or until its input ends. `many`: a thousand.
 * `starved`: a small save, a large one, a small one; prints what came of each as JSON.
 */

import { createMemoryFile, emptyMemory, type Memory } from '../../lib/runtime/memory-file.ts';
import { aLongHistory } from '../support/runs.ts';

/** The generation is where the supervisor's start time would be, and in every folded service, so that a mix would show. */
const generation = (number: number): Memory => {
  const folded = Object.fromEntries(
    Array.from({ length: 40 }, (_, index) => [`s${index}`, { boots: number, failures: 0, lastRun: 1, quantiles: [number] }]),
  );
  return { ...emptyMemory, supervisor: { pid: 7, startTime: String(number), bootId: 'boot' }, history: { runs: [], folded } };
};

const [folder = '', mode = ''] = process.argv.slice(2);
const warnings: string[] = [];
const file = createMemoryFile({
  path: `${folder}/.server_memory.json`,
  root: folder,
  facts: { uid: process.getuid?.() ?? null, machine: 'machine', bootId: 'boot' },
  warnTo: (sentence) => warnings.push(sentence),
});

const saveGenerations = async (count: number): Promise<void> => {
  for (let number = 1; number <= count; number++) await file.save(generation(number));
};

switch (mode) {
  case 'three':
    await saveGenerations(3);
    break;
  case 'many':
    await saveGenerations(1000);
    break;
  case 'endless':
    // Whoever started it may be gone before it could be killed.
    process.stdin.once('end', () => process.exit()).resume();
    process.stdout.write('saving\n');
    await saveGenerations(Number.POSITIVE_INFINITY);
    break;
  case 'starved': {
    const small = await file.save(generation(1));
    const large = await file.save({ ...generation(2), history: aLongHistory(60, 20) });
    const { memory, writable } = await file.read();
    const again = await file.save(generation(3));
    process.stdout.write(JSON.stringify({ small, large, kept: memory.supervisor?.startTime ?? null, writable, again, warnings }));
    break;
  }
  default:
    throw new Error(`no mode "${mode}"`);
}
