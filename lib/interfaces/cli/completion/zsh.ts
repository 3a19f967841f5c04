import { type CompletionEntry, type CompletionOption, toEntries, toLeadingOptions } from './entries.ts';

export const renderZsh = (): string[] => {
  const entries = toEntries();
  return [
    '#compdef muster',
    '_muster_services() {',
    '  local file="${opt_args[-f]:-${opt_args[--file]:-$muster_file}}"',
    '  local -a names',
    '  names=(${(f)"$(muster ${file:+--file=${(Q)file}} completion --names 2>/dev/null)"})',
    "  _wanted services expl 'service' compadd -a names",
    '}',
    '_muster() {',
    '  local curcontext="$curcontext" state line expl muster_file',
    '  typeset -A opt_args',
    '  local -a commands',
    '  commands=(',
    ...entries.map(({ name, summary }) => `    ${quote(`${name}:${summary}`)}`),
    '  )',
    `  _arguments -C ${toLeadingOptions().map(toArgument).join(' ')} '(-)1: :->command' '(-)*:: :->rest' && return`,
    '  muster_file="${opt_args[-f]:-${opt_args[--file]}}"',
    '  case $state in',
    "    command) _describe -t commands 'command' commands ;;",
    '    rest)',
    '      case $words[1] in',
    ...entries.map(
      (entry) => `        ${entry.name}) _arguments ${[...entry.options.map(toArgument), ...toPositional(entry)].join(' ')} ;;`,
    ),
    '      esac ;;',
    '  esac',
    '}',
    // Autoloaded from a folder of fpath, the file is the function's first call; sourced, it only declares it.
    'if [[ $funcstack[1] == _muster ]]; then _muster "$@"; else compdef _muster muster; fi',
  ];
};

const toArgument = ({ name, short, description, value }: CompletionOption): string => {
  const what = `[${description.replace(/[[\]:]/g, (letter) => `\\${letter}`)}]`;
  const takes = value === null ? '' : `:${value.name}:${value.isFile ? '_files' : `(${value.words.join(' ')})`}`;
  const one = value === null ? '' : '=';
  if (short === null) return quote(`--${name}${one}${what}${takes}`);
  return `${quote(`(-${short} --${name})`)}{-${short}${value === null ? '' : '+'},--${name}${one}}${quote(`${what}${takes}`)}`;
};

const toPositional = ({ takesServices, words }: CompletionEntry): string[] => {
  if (takesServices) return [quote('*:service:_muster_services')];
  return words.length === 0 ? [] : [quote(`1: :(${words.join(' ')})`)];
};

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
