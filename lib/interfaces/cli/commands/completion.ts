import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { renderBash } from '../completion/bash.ts';
import { renderFish } from '../completion/fish.ts';
import { readServiceNames } from '../completion/service-names.ts';
import { renderZsh } from '../completion/zsh.ts';
import type { CommandContext } from '../context.ts';
import { findStackFile } from '../find-file.ts';

const scripts: Readonly<Record<string, () => string[]>> = { bash: renderBash, zsh: renderZsh, fish: renderFish };

export const run = async (context: CommandContext): Promise<number> => {
  const { args, stdout, stderr } = context;
  if (args.flag('names')) {
    stdout.lines(await readNames(context));
    return 0;
  }
  const script = scripts[args.positionals[0] ?? ''];
  if (script === undefined) {
    stderr.line('muster: "completion" needs a shell; write one of bash, zsh, fish');
    return 2;
  }
  stdout.lines(script());
  return 0;
};

const readNames = async ({ args, cwd, env }: CommandContext): Promise<string[]> => {
  const { file } = findStackFile({ cwd, home: env['HOME'] ?? null, uid: process.getuid?.() ?? null });
  try {
    return readServiceNames(await readFile(path.resolve(cwd, args.text('file') ?? file), 'utf8'));
  } catch {
    // No file, no names: a shell in the middle of a line has no place for a message.
    return [];
  }
};
