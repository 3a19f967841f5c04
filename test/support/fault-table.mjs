import { readFileSync } from 'node:fs';
import path from 'node:path';

const { faults, notHere } = JSON.parse(readFileSync(path.join(import.meta.dirname, '..', 'faults', 'catalogue.json'), 'utf8'));

/** F10 and F11 are also the names of two cases of required behaviour; those of faults stand in the folder of that name. */
const ambiguous = new Set(['F10', 'F11']);

/** The ids of the faults that a test proves, by its whole title. */
const idsOf = (title, file) =>
  [...new Set(title.match(/\bF\d{2,3}\b/g) ?? [])].filter(
    (id) => !ambiguous.has(id) || file.includes(`${path.sep}faults${path.sep}`),
  );

const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

const toResult = (tests) => {
  if (tests.some(({ state }) => state === 'failed')) return 'failed';
  const passed = tests.filter(({ state }) => state === 'passed');
  return passed.length > 0 ? 'passed' : 'skipped';
};

/**
 * Every fault of the catalogue with what the tests said of it.
 * @param {readonly { title: string, file: string, state: 'passed' | 'failed' | 'skipped' }[]} tests
 */
export const toFaultTable = (tests) => {
  const proofs = new Map();
  for (const test of tests) for (const id of idsOf(test.title, test.file)) proofs.set(id, [...(proofs.get(id) ?? []), test]);
  const lines = Object.entries(faults).flatMap(([group, rows]) => [
    `\n## ${group}\n\n| id | fault | result | proven by |\n|---|---|---|---|`,
    ...Object.entries(rows).map(([id, fault]) => {
      const found = proofs.get(id);
      if (found === undefined)
        return `| ${id} | ${cell(fault)} | ${notHere[id] === undefined ? 'open' : 'not here'} | ${cell(notHere[id] ?? '')} |`;
      const more = found.length > 1 ? ` (and ${found.length - 1} more)` : '';
      return `| ${id} | ${cell(fault)} | ${toResult(found)} | ${cell(found[0].title)}${more} |`;
    }),
  ]);
  const ids = Object.values(faults).flatMap((rows) => Object.keys(rows));
  const count = (result) => ids.filter((id) => proofs.has(id) && toResult(proofs.get(id)) === result).length;
  return `# Faults that are injected for real

Made by \`npm run faults\` from a run of all tests: each row is a fault, what came of it, and the first test that proves it.
${ids.length} faults: ${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped (a tool for the injection was missing), ${
    ids.filter((id) => !proofs.has(id) && notHere[id] !== undefined).length
  } not here with the reason, ${ids.filter((id) => !proofs.has(id) && notHere[id] === undefined).length} open.
${lines.join('\n')}
`;
};
