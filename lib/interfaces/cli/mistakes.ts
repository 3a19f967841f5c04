import { didYouMean } from '../../util/did-you-mean.ts';
import { own } from '../../util/own.ts';
import { commands, findCommand } from './registry.ts';
import type { Options } from './spec.ts';

/** The command line means nothing, and why. */
export type Mistake = { readonly kind: 'mistake'; readonly message: string; readonly hint: string | null };

export const mistakeOf = (message: string, hint: string | null): Mistake => ({ kind: 'mistake', message, hint });

/** `muster --detach up`: an option of the command, in the wrong place. */
export const hintAtOrder = (mistake: Mistake, name: string): Mistake => {
  const option = /"--(.+)"$/.exec(mistake.message)?.[1];
  const isOurs = option !== undefined && Object.hasOwn(findCommand(name)?.options ?? {}, option);
  return isOurs
    ? { ...mistake, message: `option "--${option}" belongs to "${name}"`, hint: `write it after "${name}"` }
    : mistake;
};

export const unknownOption = (rawName: string, options: Options): Mistake => {
  const message = `unknown option "${rawName}"`;
  if (!rawName.startsWith('--')) return mistakeOf(message, null);
  const meant = didYouMean(
    rawName,
    Object.keys(options).map((name) => `--${name}`),
  );
  return mistakeOf(message, meant === null ? null : `did you mean "${meant}"?`);
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
};

/** One line, what is wrong first. */
export const tellMistake = ({ message, hint }: Mistake): string => `muster: ${message}${hint === null ? '' : `; ${hint}`}`;
