/** What `/bin/sh` knows without a program of that name, so that only a shell can run it. */
const shellOnly = new Set(
  '. : alias bg break builtin case cd command continue do done elif else esac eval exec exit export fg fi for function if jobs local read readonly return set shift source then time times trap type ulimit umask unalias unset until wait while'.split(
    ' ',
  ),
);

export const isShellWord = (word: string): boolean => shellOnly.has(word);

/**
 * Splits one line into words as a shell would, or answers null when it takes a shell to run it: operators, expansions,
 * globs, escapes, comments, assignments, builtins. Quotes alone do not: inside single quotes everything is itself, inside
 * double quotes everything but `$`, backtick and backslash.
 */
export const splitWords = (line: string): string[] | null => {
  // Most commands are plain words, and a stack may hold thousands of them.
  if (plainLine.test(line)) {
    const words = line.split(' ');
    const isEven = !line.includes('\t') && !words.includes('');
    return toRunnable(isEven ? words : line.split(/[ \t]+/).filter((part) => part !== ''), line);
  }
  const words: string[] = [];
  let word: string | null = null;
  for (let at = 0; at < line.length; at += 1) {
    const char = line.charAt(at);
    if (char === "'" || char === '"') {
      const end = line.indexOf(char, at + 1);
      if (end < 0) return null;
      const quoted = line.slice(at + 1, end);
      if (char === '"' && /[$`\\]/.test(quoted)) return null;
      word = (word ?? '') + quoted;
      at = end;
    } else if (char === ' ' || char === '\t') {
      if (word !== null) words.push(word);
      word = null;
    } else if (needsShell(char, word)) {
      return null;
    } else {
      word = (word ?? '') + char;
    }
  }
  if (word !== null) words.push(word);
  return toRunnable(words, line);
};

const plainLine = /^[\w@%+=:,./\t \0-]*$/;

/** Null when the first word is an assignment or one that only a shell knows. */
const toRunnable = (words: string[], line: string): string[] | null => {
  const [first] = words;
  return first !== undefined && (isShellWord(first) || /^[A-Za-z_]\w*=/.test(line.trimStart())) ? null : words;
};

/** `~` and `#` mean something to a shell only where a word begins, and `!` and braces never inside `sh` words without blanks. */
const needsShell = (char: string, word: string | null): boolean =>
  '|&;<>()$`\\*?[]{}\n\r'.includes(char) || (word === null && '~#!'.includes(char));
