import { expect } from 'chai';
import * as library from '../../lib/index.ts';
import { createStack, type StackErrorKind, stackEventTypes } from '../../lib/index.ts';
import { readText } from './project.ts';

const page = readText('docs/library.md');

/** What stands in code in the first column of the table below a heading. */
const firstColumn = (heading: string): readonly string[] => {
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) => [...(line.split(' | ')[0] ?? '').matchAll(/`([A-Za-z-]+)/g)].map(([, name = '']) => name));
};

const kinds: Readonly<Record<StackErrorKind, true>> = {
  invalid: true,
  failed: true,
  held: true,
  unusable: true,
  'unknown-service': true,
  needed: true,
  stopping: true,
  'not-running': true,
  closed: true,
  survived: true,
};

describe('docs/library.md', () => {
  it('has every event, once, and no other', () => {
    expect(firstColumn('Events')).to.have.members([...stackEventTypes]);
  });

  it('has every kind of error, and no other', () => {
    expect(firstColumn('Errors')).to.have.members(Object.keys(kinds));
  });

  it('has every call of a stack but the one that defines a service', () => {
    const calls = Object.keys(createStack({})).filter((name) => name !== 'defineService');
    expect(firstColumn('A stack')).to.include.members(calls);
    expect(page).to.contain('`defineService`');
  });

  it('names everything that the library has', () => {
    for (const name of Object.keys(library)) if (name !== 'stackEventTypes') expect(page, name).to.contain(name);
  });
});
