import { didYouMean } from '../../util/did-you-mean.ts';
import { own } from '../../util/own.ts';
import { commands, findCommand } from './registry.ts';
import type { Options } from './spec.ts';

/** The command line means nothing, and why. */
export type Mistake = { readonly kind: 'mistake'; readonly message: string; readonly hint: string | null };

export const mistakeOf = (message: string, hint: string | null): Mistake => ({ kind: 'mistake', message, hint });

/** `muster --detach up`, `muster -d up`: an option of the command, in the wrong place. */
export const hintAtOrder = (mistake: Mistake, name: string): Mistake => {
  const [, option = '', written = ''] = /"(--?([^"]+))"$/.exec(mistake.message) ?? [];
  const options = findCommand(name)?.options ?? {};
  const isOurs = option.startsWith('--')
    ? Object.hasOwn(options, written)
    : Object.values(options).some(({ short }) => short === written);
  return isOurs ? { ...mistake, message: `option "${option}" belongs to "${name}"`, hint: `write it after "${name}"` } : mistake;
};

export const unknownOption = (rawName: string, options: Options): Mistake => {
  const message = `unknown option "${rawName}"`;
  if (!rawName.startsWith('--')) return mistakeOf(message, hintAtLetter(rawName.slice(1), options));
  const synonym = own(optionSynonyms, rawName.slice(2));
  if (synonym !== undefined && Object.hasOwn(options, synonym)) return mistakeOf(message, `did you mean "--${synonym}"?`);
  const meant = didYouMean(
    rawName,
    Object.keys(options).map((name) => `--${name}`),
  );
  return mistakeOf(message, meant === null ? null : `did you mean "${meant}"?`);
};

/** `-v` for `-V`. Null: no option has that letter, large or small. */
const hintAtLetter = (letter: string, options: Options): string | null => {
  const found = Object.entries(options).find(([, { short }]) => short?.toLowerCase() === letter.toLowerCase());
  return found === undefined ? null : `did you mean "-${found[1].short ?? ''}" (--${found[0]})?`;
};

export const unknownCommand = (name: string): Mistake => {
  const meant =
    own(synonyms, name.toLowerCase()) ??
    didYouMean(
      name,
      commands.map((command) => command.name),
    );
  return mistakeOf(`unknown command "${name}"`, meant === null ? '"muster help" lists the commands' : `did you mean "${meant}"?`);
};

/** What neighbouring tools call the same thing. */
const optionSynonyms: Readonly<Record<string, string>> = {
  lines: 'tail',
  daemon: 'detach',
  background: 'detach',
  environment: 'env',
};

const synonyms: Readonly<Record<string, string>> = {
  validate: 'check',
  lint: 'check',
  config: 'check',
  ps: 'status',
  list: 'ls',
  log: 'logs',
  tail: 'logs',
  boot: 'up',
  launch: 'up',
  kill: 'down',
  halt: 'down',
  shutdown: 'down',
  history: 'stats',
  deps: 'graph',
  tree: 'graph',
  ui: 'dashboard',
  top: 'monitor',
  htop: 'monitor',
  attach: 'up',
  connect: 'up',
  delete: 'down',
  del: 'down',
  rm: 'down',
  remove: 'down',
  reload: 'restart',
  jlist: 'status --json',
};

/** One line, what is wrong first. */
export const tellMistake = ({ message, hint }: Mistake): string => `muster: ${message}${hint === null ? '' : `; ${hint}`}`;
