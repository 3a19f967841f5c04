import { readFileSync } from 'node:fs';
import path from 'node:path';
import { findPackage } from '../../version.ts';
import type { CommandContext } from '../context.ts';
import { renderHelp } from '../help.ts';
import { tellMistake, unknownCommand } from '../mistakes.ts';
import { findCommand } from '../registry.ts';
import { renderFields } from '../render/fields.ts';
import { createTheme } from '../render/theme.ts';

export const run = async ({ args, stdout, stderr }: CommandContext): Promise<number> => {
  const [name] = args.positionals;
  if (name === 'fields') {
    const page = readFileSync(path.join(findPackage().folder, 'docs', 'fields.md'), 'utf8');
    stdout.lines(renderFields(page).map(createTheme(stdout).text));
    return 0;
  }
  const command = name === undefined ? null : findCommand(name);
  if (name !== undefined && command === null) {
    stderr.line(tellMistake(unknownCommand(name)));
    return 2;
  }
  stdout.lines(renderHelp(command, stdout.columns()).map(createTheme(stdout).text));
  return 0;
};
