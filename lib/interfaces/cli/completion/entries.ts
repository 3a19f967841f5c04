import { builtInEnvironments } from '../../../domain/environments.ts';
import { leadingOptions } from '../args.ts';
import { commands } from '../registry.ts';
import { type Completes, commonOptions, type Options } from '../spec.ts';

/** What a shell's script is made from: the table, without what is hidden or not built. */
export type CompletionEntry = {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletionOption[];
  /** Words offered in place of a positional. */
  readonly words: readonly string[];
  readonly takesServices: boolean;
};

export type CompletionOption = {
  readonly name: string;
  readonly short: string | null;
  readonly description: string;
  /** Null: a flag. */
  readonly value: { readonly words: readonly string[]; readonly isFile: boolean; readonly name: string } | null;
};

export const toEntries = (): CompletionEntry[] =>
  commands
    .filter(({ load }) => load !== null)
    .map(({ name, summary, options, positionals }) => ({
      name,
      summary,
      options: toOptions({ ...options, ...commonOptions }),
      words: wordsFor(positionals?.complete, positionals?.choices),
      takesServices: positionals?.complete === 'service',
    }));

export const toLeadingOptions = (): CompletionOption[] => toOptions(leadingOptions);

/** What takes a value, but is a flag of one command: `-f`, which is --follow after `logs`. */
export const toFlagsOfOwn = (): { readonly command: string; readonly spelling: string }[] => {
  const entries = toEntries();
  const all = [...toLeadingOptions(), ...entries.flatMap(({ options }) => options)];
  const valued = new Set(all.filter(({ value }) => value !== null).flatMap(toSpellings));
  return entries.flatMap(({ name, options }) =>
    options
      .filter(({ value }) => value === null)
      .flatMap(toSpellings)
      .filter((spelling) => valued.has(spelling))
      .map((spelling) => ({ command: name, spelling })),
  );
};

/** As they are typed, the short one first. */
export const toSpellings = ({ name, short }: Pick<CompletionOption, 'name' | 'short'>): string[] =>
  short === null ? [`--${name}`] : [`-${short}`, `--${name}`];

const toOptions = (options: Options): CompletionOption[] =>
  Object.entries(options)
    .filter(([, { hidden }]) => hidden !== true)
    .map(([name, { type, short, description, choices, complete, value }]) => ({
      name,
      short: short ?? null,
      description,
      value: type === 'flag' ? null : { words: wordsFor(complete, choices), isFile: complete === 'file', name: value ?? 'VALUE' },
    }));

const wordsFor = (complete: Completes | undefined, choices: readonly string[] | undefined): readonly string[] => {
  if (complete === 'environment') return builtInEnvironments;
  if (complete === 'command') return commands.filter(({ load }) => load !== null).map(({ name }) => name);
  return choices ?? [];
};
