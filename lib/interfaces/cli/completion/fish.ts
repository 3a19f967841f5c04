import { type CompletionOption, toEntries, toFlagsOfOwn, toLeadingOptions } from './entries.ts';

export const renderFish = (): string[] => {
  const entries = toEntries();
  const none = quote(`not __fish_seen_subcommand_from ${entries.map(({ name }) => name).join(' ')}`);
  return [
    '# fish completion for muster',
    'function __muster_services',
    '  set -l words (commandline -opc)',
    '  set -l file',
    '  for i in (seq (count $words))',
    ...toFlagsOfOwn().map(
      ({ command, spelling }) => `    test "$words[$i]" = '${spelling}'; and contains -- ${command} $words[1..$i]; and continue`,
    ),
    '    if contains -- $words[$i] -f --file; and test $i -lt (count $words)',
    '      set file --file=$words[(math $i + 1)]',
    '    end',
    '  end',
    '  muster $file completion --names 2>/dev/null',
    'end',
    'complete -c muster -f',
    ...entries.map(({ name, summary }) => `complete -c muster -n ${none} -a ${name} -d ${quote(summary)}`),
    ...toLeadingOptions().map((option) => toLine(none, option)),
    ...entries.flatMap(({ name, options, words, takesServices }) => {
      const seen = quote(`__fish_seen_subcommand_from ${name}`);
      return [
        ...options.map((option) => toLine(seen, option)),
        ...(takesServices ? [`complete -c muster -n ${seen} -a '(__muster_services)'`] : []),
        ...(words.length > 0 ? [`complete -c muster -n ${seen} -a ${quote(words.join(' '))}`] : []),
      ];
    }),
  ];
};

const toLine = (condition: string, { name, short, description, value }: CompletionOption): string => {
  const letter = short === null ? '' : ` -s ${short}`;
  const takes = value === null ? '' : value.isFile ? ' -r -F' : ` -x -a ${quote(value.words.join(' '))}`;
  return `complete -c muster -n ${condition} -l ${name}${letter}${takes} -d ${quote(description)}`;
};

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
