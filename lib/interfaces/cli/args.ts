import { hintAtName } from '../../domain/name-hints.ts';
import { toTokens } from '../../util/command-words.ts';
import { didYouMean } from '../../util/did-you-mean.ts';
import { hintAtOrder, type Mistake, mistakeOf, unknownCommand, unknownOption } from './mistakes.ts';
import { checkNeeds, checkOneFile, type Values } from './option-checks.ts';
import { findCommand } from './registry.ts';
import { type Args, type CommandSpec, commonOptions, jsonOption, type Options, stackOptions } from './spec.ts';

/** What the command line means; or, in words for people, why it means nothing. */
export type Invocation =
  | {
      readonly kind: 'command';
      readonly load: NonNullable<CommandSpec['load']>;
      readonly args: Args;
      /** It prints data, and was asked for them as JSON. */
      readonly isJson: boolean;
    }
  | { readonly kind: 'help'; readonly command: CommandSpec | null }
  | { readonly kind: 'not-built'; readonly name: string }
  | Mistake;

/** Options that may stand before the name of the command, where it has them. */
export const leadingOptions: Options = {
  ...commonOptions,
  version: { type: 'flag', short: 'V', description: 'Print the version' },
  ...stackOptions,
  ...jsonOption,
};

/**
 * Options before the command's name are those that every command shares; after it, the command's own come first. So
 * `muster -f FILE logs -f` can mean two things by one letter.
 */
export const parseCommandLine = (words: readonly string[]): Invocation => {
  const values: Values = new Map();
  const at = indexOfCommand(words);
  const asked = words[at];
  const before = read(words.slice(0, at), leadingOptions, values);
  if (before.mistake !== null) return asked === undefined ? before.mistake : hintAtOrder(before.mistake, asked);
  if (asked === undefined && !values.has('version')) return { kind: 'help', command: null };
  const name = values.has('version') ? 'version' : (asked ?? 'help');
  const command = findCommand(name);
  if (command === null) return unknownCommand(name);
  const { load } = command;
  if (load === null)
    return values.has('help') || words.includes('--help') ? { kind: 'help', command } : { kind: 'not-built', name };

  const given = splitRest(command, values.has('version') ? [] : words.slice(at + 1));
  const after = read(given.own, { ...commonOptions, ...command.options }, values);
  if (values.has('help')) return { kind: 'help', command };
  const mistake =
    checkLeading(command, words.slice(0, at)) ??
    after.mistake ??
    checkRest(command, given.rest, after.positionals) ??
    checkChoices(command, values) ??
    checkNeeds(command, values) ??
    checkOneFile(values) ??
    checkPositionals(command, after.positionals);
  const isJson = values.has('json') && Object.hasOwn(command.options, 'json');
  if (mistake === null) return { kind: 'command', load, args: toArgs(values, after.positionals, given.rest), isJson };
  return { ...mistake, hint: mistake.hint ?? `"muster ${name} --help" shows what it takes` };
};

/** What the command does not have is as wrong before its name as after it. */
const checkLeading = ({ options }: CommandSpec, words: readonly string[]): Mistake | null => {
  const { version } = leadingOptions;
  const known = { ...commonOptions, ...options, ...(version === undefined ? {} : { version }) };
  for (const token of toTokens(words, leadingOptions))
    if (token.kind === 'option' && !Object.hasOwn(known, token.name)) return unknownOption(token.rawName, known);
  return null;
};

/** `run web -- npm test`: ours, and the command line that is to be run. */
const splitRest = (
  { takesCommand }: CommandSpec,
  words: readonly string[],
): { readonly own: readonly string[]; readonly rest: readonly string[] } => {
  const at = takesCommand === true ? words.indexOf('--') : -1;
  return at < 0 ? { own: words, rest: [] } : { own: words.slice(0, at), rest: words.slice(at + 1) };
};

/** `run npm test`: the most likely mistake is the forgotten `--`. */
const checkRest = (
  { name, takesCommand, positionals: spec }: CommandSpec,
  rest: readonly string[],
  given: readonly string[],
): Mistake | null => {
  if (takesCommand !== true || rest.length > 0) return null;
  const own = given.slice(0, spec?.min ?? 0);
  const meant = given.slice(own.length);
  const missing = own.length < (spec?.min ?? 0) ? [(spec?.name ?? '').toUpperCase()] : [];
  const words = [name, ...own, ...missing, '--', ...(meant.length === 0 ? ['COMMAND'] : meant)].join(' ');
  const more = name === 'run' ? hintAtNames(meant) : '';
  return mistakeOf(`"${name}" needs a command after "--"`, `write muster ${words}${more}`);
};

/** `run db`, `run api npm test`: the first word may be the name of a service. */
const hintAtNames = ([first, ...others]: readonly string[]): string => {
  if (first === undefined || launchers.has(first)) return '';
  if (others.length === 0) return ` (a service is started by muster up ${first})`;
  const command = others.join(' ');
  return `; where ${first} is a service, muster run ${first} -- ${command}, or muster exec ${first} -- ${command}`;
};

/** Programs that are known well enough not to be taken for a service. */
const launchers = new Set([
  'npm',
  'npx',
  'pnpm',
  'yarn',
  'bun',
  'node',
  'deno',
  'make',
  'sh',
  'bash',
  'python',
  'python3',
  'go',
  'cargo',
]);

/** The first word that is neither an option nor the value of one. */
const indexOfCommand = (words: readonly string[]): number => {
  if (words[0]?.startsWith('-') === false) return 0;
  return toTokens(words, leadingOptions).find(({ kind }) => kind === 'positional')?.index ?? words.length;
};

/** Collects into `values`, and stops at the first thing that is wrong. */
const read = (words: readonly string[], options: Options, values: Values): { positionals: string[]; mistake: Mistake | null } => {
  if (words.length === 0) return { positionals: [], mistake: null };
  const positionals: string[] = [];
  let numberAt = -1;
  for (const token of toTokens(words, options)) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    // No option is a digit: `-1` is a number, which comes as one token for each of its digits.
    const word = words[token.index] ?? '';
    if (isNegativeNumber(word)) {
      if (token.index !== numberAt) positionals.push(word);
      numberAt = token.index;
      continue;
    }
    const spec = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (spec === undefined) return { positionals, mistake: unknownOption(token.rawName, options) };
    const { value } = token;
    if (spec.type === 'flag') {
      if (value !== undefined)
        return { positionals, mistake: mistakeOf(`option "${token.rawName}" takes no value`, `write only ${token.rawName}`) };
    } else if (
      value === undefined ||
      value === '' ||
      (!token.inlineValue && value.startsWith('-') && value !== '-' && !isNegativeNumber(value))
    ) {
      return {
        positionals,
        mistake: mistakeOf(`option "${token.rawName}" needs a value`, `write ${token.rawName} ${spec.value ?? 'VALUE'}`),
      };
    }
    values.set(token.name, [...(values.get(token.name) ?? []), value ?? true]);
  }
  return { positionals, mistake: null };
};

const isNegativeNumber = (word: string): boolean => /^-\d+$/.test(word);

const toArgs = (values: Values, positionals: readonly string[], rest: readonly string[]): Args => ({
  flag: (name) => values.has(name),
  text: (name) => {
    const value = values.get(name)?.at(-1);
    return typeof value === 'string' ? value : null;
  },
  list: (name) =>
    (values.get(name) ?? []).flatMap((value) =>
      typeof value === 'string'
        ? value
            .split(',')
            .map((item) => item.trim())
            .filter((item) => item !== '')
        : [],
    ),
  positionals,
  rest,
});

const checkChoices = (command: CommandSpec, values: Values): Mistake | null => {
  for (const [name, { choices }] of Object.entries(command.options)) {
    const wrong =
      choices === undefined
        ? undefined
        : values.get(name)?.find((value) => typeof value !== 'string' || !choices.includes(value));
    if (choices !== undefined && wrong !== undefined)
      return mistakeOf(`option "--${name}" does not take "${String(wrong)}"`, `write one of ${choices.join(', ')}`);
  }
  return null;
};

/** `exec -- COMMAND`: where the name belongs. */
const hintAtPlace = (takesCommand: true | undefined, name: string, what: string): string | null =>
  takesCommand === true ? `write muster ${name} ${what.toUpperCase()} -- COMMAND` : null;

const checkPositionals = ({ name, positionals: spec, takesCommand }: CommandSpec, given: readonly string[]): Mistake | null => {
  const max = spec?.max ?? 0;
  const extra = given[max];
  if (extra !== undefined)
    return mistakeOf(
      max === 0 ? `"${name}" takes no name, and "${extra}" was given` : `"${extra}" is one too many`,
      hintAtName(extra),
    );
  if (spec === null) return null;
  if (given.length < spec.min)
    return mistakeOf(
      `"${name}" needs a ${spec.name}`,
      spec.choices === undefined ? hintAtPlace(takesCommand, name, spec.name) : `write one of ${spec.choices.join(', ')}`,
    );
  const wrong = spec.choices === undefined ? undefined : given.find((value) => !spec.choices?.includes(value));
  if (wrong === undefined) return null;
  const meant = didYouMean(wrong, spec.choices ?? []);
  return mistakeOf(
    `unknown ${spec.name} "${wrong}"`,
    meant === null ? `write one of ${spec.choices?.join(', ') ?? ''}` : `did you mean "${meant}"?`,
  );
};
