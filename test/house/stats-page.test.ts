import { expect } from 'chai';
import { budgetForms, parseBudget } from '../../lib/domain/budget-words.ts';
import { parseWhatIf, whatIfForms } from '../../lib/domain/what-if-words.ts';
import { statsCommand } from '../../lib/interfaces/cli/registry/memory.ts';
import { stackOptions } from '../../lib/interfaces/cli/spec.ts';
import { readText } from './project.ts';

const page = readText('docs/stats.md');
const known = ['db', 'api'];

describe('docs/stats.md', () => {
  it('tells every option of the command', () => {
    for (const option of Object.keys(statsCommand.options))
      if (!Object.hasOwn(stackOptions, option)) expect(page, option).to.match(new RegExp(`--${option}\\b`));
  });

  it('has every form of a change and of a budget, and each can be read', () => {
    for (const [forms, parse] of [
      [whatIfForms, parseWhatIf],
      [budgetForms, parseBudget],
    ] as const) {
      for (const [form, meaning] of forms) {
        const examples = form.split(', ');
        expect(page).to.contain(`| ${examples.map((example) => `\`${example}\``).join(', ')} | ${meaning} |`);
        for (const example of examples) expect(parse(example, known), example).to.include({ ok: true });
      }
    }
  });
});
