// Runs the tests many times and says which of them failed how often:  npm run test:again -- ROUNDS [FILES …] [mocha options]
// What fails once in twenty rounds is as wrong as what fails in each. Ends with 1 when anything failed.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import './setup.mjs';

const root = path.dirname(import.meta.dirname);
const [rounds = '20', ...words] = process.argv.slice(2);
if (!/^[1-9]\d{0,3}$/.test(rounds)) {
  console.error(`"${rounds}" is no number of rounds: npm run test:again -- ROUNDS [FILES …]`);
  process.exit(2);
}
const files = words.length === 0 ? ['test/**/*.test.ts'] : words;
const folder = mkdtempSync(path.join(tmpdir(), 'muster-again-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

/** By title: how often it failed, and what was said the first time. */
const failed = new Map();

const noReport = 'the run itself';

const firstLines = (said) => said.split('\n').slice(0, 5).join('\n        ');

const runOnce = () => {
  const report = path.join(folder, 'report.json');
  rmSync(report, { force: true });
  const reporter = ['--reporter', 'json', '--reporter-option', `output=${report}`];
  const mocha = path.join(root, 'node_modules', 'mocha', 'bin', 'mocha.js');
  const { status } = spawnSync(process.execPath, [mocha, ...reporter, ...files], { cwd: root, stdio: 'ignore' });
  try {
    const { stats, failures } = JSON.parse(readFileSync(report, 'utf8'));
    for (const { fullTitle, err } of failures) {
      const { times, said } = failed.get(fullTitle) ?? { times: 0, said: err.message ?? '' };
      failed.set(fullTitle, { times: times + 1, said });
    }
    const titles = failures.map(({ fullTitle, err }) => `\n    ${fullTitle}\n        ${firstLines(err.message ?? '')}`).join('');
    return { told: `${stats.passes} passed, ${stats.failures} failed, ${stats.pending} skipped`, titles };
  } catch (error) {
    // It ended before its time: no report, or half of one.
    const { times } = failed.get(noReport) ?? { times: 0 };
    failed.set(noReport, { times: times + 1, said: `ended with ${status}: ${error.message}` });
    return { told: `ended with ${status}, and no report`, titles: '' };
  }
};

for (let round = 1; round <= Number(rounds); round += 1) {
  const began = performance.now();
  const { told, titles } = runOnce();
  console.log(`${round}/${rounds}: ${told}, in ${Math.round((performance.now() - began) / 1000)} s${titles}`);
}
if (failed.size > 0) console.log('');
for (const [title, { times, said }] of [...failed].sort(([, a], [, b]) => b.times - a.times)) {
  console.log(`${times} of ${rounds}: ${title}\n        ${firstLines(said)}`);
}
process.exitCode = failed.size === 0 ? 0 : 1;
