import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadStack } from '../../lib/config/load.ts';
import { type Diagnostic, formatDiagnostic } from '../../lib/domain/diagnostic.ts';
import { createRandom } from '../support/random.ts';
import { mutate } from './mutate.ts';

/**
 * Loads mutated files and says what went wrong, one JSON object a line. It is a process of its own, so that a loop without end
 * or a memory without bound is seen from outside. Arguments: the first seed, how many.
 */
const [first = 1, count = 1] = process.argv.slice(2).map(Number);
const root = path.dirname(path.dirname(import.meta.dirname));

/** CPU time, in ms, that a single file may take: what the machine does besides is not counted. */
const longest = 1_000;

const readStacks = (folder: string): string[] =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => path.basename(name) === 'services.yaml' && !name.includes('node_modules'))
    .sort()
    .map((name) => readFileSync(path.join(root, folder, name), 'latin1'))
    // Those made to be large say nothing more when they are mutated, and take all the time.
    .filter((text) => text.length < 20_000);

/** Stacks that are right, and those that somebody got wrong already: half of the runs begin with each. */
const good = [...readStacks('examples'), readFileSync(path.join(root, 'services.yaml'), 'latin1')];
const broken = readStacks('test/golden');

const isInside = ({ file, line, column }: Diagnostic, text: string): boolean => {
  if (file !== 'services.yaml') return true;
  const lines = text.split(/\r\n|\n|\r/);
  return line >= 1 && line <= Math.max(1, lines.length) && column >= 1;
};

const tell = (event: object): void => void process.stdout.write(`${JSON.stringify(event)}\n`);

const folder = mkdtempSync(path.join(tmpdir(), 'muster-fuzz-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

const file = path.join(folder, 'services.yaml');
const kinds = new Set<string>();
let whole = 0;
let most = 0;
/** Asking the system costs as much as a small file: a reading serves for 0.1 s, and counts a bit too much. */
let before = process.cpuUsage();
let readAt = performance.now();
for (let seed = first; seed < first + count; seed += 1) {
  const random = createRandom(seed);
  const text = mutate(random.pick(random.chance(0.5) ? good : broken), random, random.pick(random.chance(0.5) ? good : broken));
  // Bytes, not characters: what is cut in the middle of a character is no UTF-8 any more, as on a disk.
  const bytes = Buffer.from(text, random.chance(0.1) ? 'utf8' : 'latin1');
  // A new file each time: one that is cut to nothing and written anew is brought to the disk at once, file by file.
  rmSync(file, { force: true });
  writeFileSync(file, bytes);
  if (performance.now() - readAt > 100) {
    readAt = performance.now();
    before = process.cpuUsage();
  }
  const from = performance.now();
  try {
    const { stack, diagnostics } = await loadStack({
      file: 'services.yaml',
      cwd: folder,
      env: { PATH: '/usr/bin:/bin', A: 'x' },
      environment: random.pick(['development', 'test', 'production']),
      profiles: [],
      only: [],
      allProfiles: random.chance(0.3),
      facts: { uid: 1000, firstFreePort: 1024 },
    });
    const isWrong = diagnostics.some(({ severity }) => severity === 'error');
    if (isWrong === (stack !== null)) tell({ seed, problem: 'an error and a stack, or neither' });
    for (const each of diagnostics) {
      kinds.add(each.code);
      if (!isInside(each, bytes.toString())) tell({ seed, problem: `outside the file: ${formatDiagnostic(each)}` });
      if (/\[object |undefined/.test(each.message)) tell({ seed, problem: formatDiagnostic(each) });
    }
    if (stack !== null) whole += 1;
  } catch (error) {
    tell({ seed, problem: error instanceof Error ? error.stack : String(error) });
  }
  if (performance.now() - from > longest) {
    const { user, system } = process.cpuUsage(before);
    if ((user + system) / 1_000 > longest) tell({ seed, problem: `took ${Math.round((user + system) / 1_000)} ms of CPU` });
  }
  if (seed % 500 === 0) {
    most = Math.max(most, process.memoryUsage.rss());
    tell({ at: seed });
  }
}
tell({ done: count, whole, kinds: kinds.size, rss: Math.max(most, process.memoryUsage.rss()) });
