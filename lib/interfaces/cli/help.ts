import { commands } from './registry.ts';
import { wrapHanging, wrapWhole } from './render/wrap.ts';
import { type CommandSpec, commonOptions, exitCodes, jsonOption, type Options, stackOptions } from './spec.ts';

/** All help is made from the table of commands, 100 columns wide at most, without colour: it is read in pipes, too. */
export const renderHelp = (command: CommandSpec | null, width: number | null = null): string[] =>
  (command === null ? overview() : commandHelp(command)).flatMap((line) => {
    // Of two columns, the second goes on below itself where it has room there.
    const [left = ''] = /^ {2,}\S.*? {2,}(?=\S)/.exec(line) ?? /^ */.exec(line) ?? [];
    return wrapHanging(line, width, ' '.repeat(width !== null && left.length <= width / 2 ? left.length : 6));
  });

const overview = (): string[] => {
  const built = commands.filter(({ load }) => load !== null);
  const later = commands.filter(({ load }) => load === null);
  return [
    'muster boots a whole environment with one command: in dependency order, proven healthy, remembered.',
    '',
    'Usage: muster <command> [options]',
    '',
    'Commands:',
    ...columns(built.map(({ name, summary }) => [name, summary])),
    '',
    ...(later.length === 0
      ? []
      : [
          'Not built yet:',
          ...wrap(
            later.map(({ name }) => name),
            96,
          ).map((line) => `  ${line}`),
          '',
        ]),
    'Options of every command:',
    ...columns(optionRows({ ...commonOptions, version: { type: 'flag', short: 'V', description: 'Print the version' } })),
    '',
    'Options of every command that reads the stack:',
    ...columns(optionRows({ ...stackOptions, ...jsonOption })),
    '',
    ...exitCodeLines(),
    '',
    '"muster help COMMAND" tells more about one, "muster help fields" about services.yaml.',
  ];
};

const commandHelp = (command: CommandSpec): string[] => {
  const { summary, usage, details, positionals, options, examples, load } = command;
  const takes =
    positionals === null
      ? []
      : ['', 'Takes:', ...columns([[positionals.name, withChoices(positionals.description, positionals.choices)]])];
  return [
    `muster ${command.name}: ${summary}`,
    '',
    `Usage: muster ${usage}`,
    ...(load === null ? ['', 'Not built yet; it comes with a later version.'] : []),
    ...(details === undefined ? [] : ['', ...details]),
    ...takes,
    '',
    'Options:',
    ...columns(optionRows({ ...options, ...commonOptions })),
    ...(examples === undefined ? [] : ['', 'Examples:', ...examples.map((example) => `  ${example}`)]),
  ];
};

const optionRows = (options: Options): (readonly [string, string])[] =>
  Object.entries(options)
    .filter(([, { hidden }]) => hidden !== true)
    .map(([name, { short, value, description, choices }]) => {
      const letter = short === undefined ? '   ' : `-${short},`;
      return [`${letter} --${name}${value === undefined ? '' : ` ${value}`}`, withChoices(description, choices)];
    });

const withChoices = (description: string, choices: readonly string[] | undefined): string =>
  choices === undefined ? description : `${description}: ${choices.join(', ')}`;

const exitCodeLines = (): string[] => [
  'Exit codes:',
  ...columns(
    exitCodes.flatMap(([code, meaning]) =>
      wrapWhole(meaning, 89).map((line, at): readonly [string, string] => [at === 0 ? String(code) : '', line]),
    ),
  ),
];

const columns = (rows: readonly (readonly [string, string])[]): string[] => {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
};

const wrap = (words: readonly string[], width: number): string[] => {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 2 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last}, ${word}`;
  }
  return lines;
};
