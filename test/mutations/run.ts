// Plants each bug of planted.ts in a copy of the project, one by one, and sees that the tests turn red. Prints a table, and
// ends with 1 when a bug was not noticed, or when the tests are red without any.  `npm run mutations [-- words of names]`
// With --write the table goes into docs/mutations.md; the rows of bugs that were not chosen stay as they are there.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Planted, planted } from './planted.ts';

const root = path.dirname(path.dirname(import.meta.dirname));
const copy = path.join(mkdtempSync(path.join(tmpdir(), 'muster-planted-')), 'muster');
// Some tests run muster as another user.
chmodSync(path.dirname(copy), 0o755);
process.once('exit', () => rmSync(path.dirname(copy), { recursive: true, force: true }));
// The copy goes with the interrupted run too.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
});
for (const file of files.split('\0').filter(Boolean)) cpSync(path.join(root, file), path.join(copy, file));
symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));

const longest = 900_000;

type Report = {
  readonly failures: readonly { readonly fullTitle: string; readonly err: { readonly message?: string } }[];
  readonly stats: { readonly passes: number };
};

type Failure = { readonly title: string; readonly said: string };

/** Null: all green; else the first test that failed. */
const firstFailure = (tests: readonly string[]): Failure | null => {
  const build = spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: copy, encoding: 'utf8' });
  if (build.status !== 0) throw new Error(`does not build:\n${build.stderr}`);
  const report = path.join(copy, 'report.json');
  rmSync(report, { force: true });
  const mocha = [
    'node_modules/mocha/bin/mocha.js',
    '--bail',
    // A busy machine is not what is to be noticed.
    '--timeout',
    '300000',
    '--reporter',
    'json',
    '--reporter-option',
    `output=${report}`,
    ...tests,
  ];
  spawnSync(process.execPath, mocha, { cwd: copy, stdio: 'ignore', timeout: longest });
  const { failures, stats } = JSON.parse(readFileSync(report, 'utf8')) as Report;
  const [failure] = failures;
  if (failure !== undefined) return { title: failure.fullTitle, said: failure.err.message ?? '' };
  if (stats.passes === 0) throw new Error(`no test ran of ${tests.join(', ')}`);
  return null;
};

const plant = ({ edits }: Planted): (() => void) => {
  const before = new Map<string, string>();
  for (const { file, find, put } of edits) {
    const place = path.join(copy, file);
    const text = readFileSync(place, 'utf8');
    if (!before.has(place)) before.set(place, text);
    if (text.split(find).length !== 2) throw new Error(`${file} does not hold once: ${find}`);
    writeFileSync(
      place,
      text.replace(find, () => put),
    );
  }
  return () => {
    for (const [place, text] of before) writeFileSync(place, text);
  };
};

const toPage = (table: readonly string[], outcome: string): string => `# Bugs that were planted

Made by \`npm run mutations -- --write\`: each bug is one that others of this field have had. It is planted in a copy of the
project by a change of a few words, and the tests of its field are run until the first of them is red.

${table.join('\n')}

${outcome}. Without any bug the same tests are green.
`;

const words = process.argv.slice(2).filter((word) => word !== '--write');
const isWriting = process.argv.includes('--write');
const chosen = planted.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
const control = firstFailure([...new Set(chosen.flatMap(({ tests }) => tests))]);
if (control !== null) {
  console.log(`red without any bug: ${control.title}\n${control.said}`);
  process.exit(1);
}
const heading = ['| planted bug | where | noticed by |', '|---|---|---|'];
const nobody = '**nobody**';
console.log(heading.join('\n'));
const rows = new Map<string, string>();
for (const bug of chosen) {
  const remove = plant(bug);
  const failure = firstFailure(bug.tests);
  remove();
  const where = [...new Set(bug.edits.map(({ file }) => `\`${file}\``))].join(', ');
  const row = `| ${bug.name} | ${where} | ${failure?.title.replaceAll('|', '\\|') ?? nobody} |`;
  rows.set(bug.name, row);
  console.log(row);
}
const isNoticed = (row: string): boolean => !row.endsWith(`| ${nobody} |`);
const count = (all: readonly string[]): string => `${all.filter(isNoticed).length} of ${all.length} noticed`;
console.log(`\n${count([...rows.values()])}`);

if (isWriting) {
  const page = path.join(root, 'docs', 'mutations.md');
  const before = existsSync(page) ? readFileSync(page, 'utf8').split('\n') : [];
  const all = planted.map(
    ({ name }) =>
      rows.get(name) ?? before.find((line) => line.startsWith(`| ${name} |`)) ?? `| ${name} | not asked | ${nobody} |`,
  );
  writeFileSync(page, toPage([...heading, ...all], count(all)));
}
process.exit([...rows.values()].every(isNoticed) ? 0 : 1);
