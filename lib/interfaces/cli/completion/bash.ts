import { type CompletionOption, toEntries, toFlagsOfOwn, toLeadingOptions, toSpellings } from './entries.ts';

/** Needs nothing but bash 3.2: no helper functions of the bash-completion package. */
export const renderBash = (): string[] => {
  const entries = toEntries();
  const leading = toLeadingOptions();
  const flagsOfOwn = toFlagsOfOwn().map(({ command, spelling }) => `'${command} ${spelling}'`);
  const valued = unique([...leading, ...entries.flatMap(({ options }) => options)].filter(({ value }) => value !== null));
  return [
    '# bash completion for muster',
    '_muster() {',
    '  local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD-1]}"',
    "  local command='' file='' options='' words='' services='' i",
    "  local IFS=$' \\t\\n'",
    '  for ((i = 1; i < COMP_CWORD; i++)); do',
    ...flagsOfOwn.map((flag) => `    [[ "$command \${COMP_WORDS[i]}" == ${flag} ]] && continue`),
    '    case "${COMP_WORDS[i]}" in',
    '      -f|--file) file="${COMP_WORDS[i+1]}"; i=$((i + 1)) ;;',
    `      ${valued
      .filter(({ name }) => name !== 'file')
      .map(spellings)
      .join('|')}) i=$((i + 1)) ;;`,
    '      -*) ;;',
    '      *) [[ -n $command ]] || command="${COMP_WORDS[i]}" ;;',
    '    esac',
    '  done',
    '  COMPREPLY=()',
    ...flagsOfOwn.map((flag) => `  [[ "$command $prev" == ${flag} ]] && prev=''`),
    '  case "$prev" in',
    ...valued.map(
      (option) =>
        `    ${spellings(option)}) ${
          option.value?.isFile === true
            ? 'IFS=$\'\\n\'; COMPREPLY=($(compgen -f -- "$cur")); compopt -o filenames 2>/dev/null; return'
            : `COMPREPLY=($(compgen -W '${option.value?.words.join(' ') ?? ''}' -- "$cur")); return`
        } ;;`,
    ),
    '  esac',
    '  case "$command" in',
    `    '') options='${flags(leading)}'; words='${entries.map(({ name }) => name).join(' ')}' ;;`,
    ...entries.map(
      ({ name, options, words, takesServices }) =>
        `    ${name}) options='${flags(options)}'; words='${words.join(' ')}'${takesServices ? '; services=1' : ''} ;;`,
    ),
    '  esac',
    '  if [[ $cur == -* ]]; then',
    '    COMPREPLY=($(compgen -W "$options" -- "$cur"))',
    '  else',
    '    [[ -z $services ]] || words="$(muster ${file:+--file="$file"} completion --names 2>/dev/null)"',
    '    COMPREPLY=($(compgen -W "$words" -- "$cur"))',
    '  fi',
    '}',
    'complete -F _muster muster',
  ];
};

const flags = (options: readonly CompletionOption[]): string => options.map(({ name }) => `--${name}`).join(' ');

const spellings = (option: CompletionOption): string => toSpellings(option).join('|');

const unique = (options: readonly CompletionOption[]): CompletionOption[] => [
  ...new Map(options.map((option) => [option.name, option])).values(),
];
