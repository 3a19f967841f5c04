/**
 * Where a command begins: at the start, behind an operator, or behind a word that a command follows. What is repeated here has an
 * end, so that no line takes long to look at.
 */
const begin = String.raw`(?:^|[\n;&|({` + '`' + String.raw`!]|\b(?:then|do|else|elif|if|while|until|time))[ \t]{0,200}`;

const words =
  'source|shopt|declare|typeset|mapfile|readarray|pushd|popd|dirs|let|function|select|coproc|enable|disown|compgen|complete|caller';

/** What stands outside of quotes. */
const outside: readonly RegExp[] = [
  new RegExp(`${begin}(?:${words})\\s`, 'm'),
  new RegExp(`${begin}\\[\\[\\s`, 'm'),
  new RegExp(`${begin}\\(\\(`, 'm'),
  new RegExp(`${begin}(?:(?:export|local|readonly)\\s+)?[A-Za-z_]\\w*(?:\\[[^\\]]{0,200}\\])?\\+?=\\(`, 'm'),
  new RegExp(`${begin}[A-Za-z_]\\w*(?:\\[[^\\]]{0,200}\\]=|\\+=)`, 'm'),
  new RegExp(`${begin}echo\\s+-[nE]*e`, 'm'),
  new RegExp(`${begin}read\\s+(?:-\\w+\\s+){0,20}-[a-z]*[adinNpstu]`, 'm'),
  new RegExp(
    `${begin}(?:export\\s+-[a-z]*f|wait\\s+-[a-z]*n|trap\\s.{0,500}\\b(?:ERR|DEBUG|RETURN)\\b|set\\s.{0,100}\\bpipefail\\b)`,
    'm',
  ),
  /\bfor\s*\(\(/,
  /[<>]\(/,
  /<<</,
  /&>|\|&|>&(?![\d\s-])/,
  /;;?&/,
  /\$'|\$"/,
  /(?<!\$)\{[^{}\s'"]{0,200}(?:,|\.\.)[^{}\s'"]{0,200}\}/,
  /(?:\[|\btest)\s[^;&|]{0,200}\s(?:==|=~)\s/,
];

/** What double quotes do not keep from the shell either. */
const anywhere: readonly RegExp[] = [
  /\$\{!?\w+\[/,
  /\$\{!\w/,
  /\$\{\w+(?:\/|\^|,|@[A-Za-z])/,
  /\$\{\w+:\s*(?:\d|\(|\$| -)/,
  /\$\{?(?:RANDOM|SECONDS|PIPESTATUS|FUNCNAME|OSTYPE|HOSTTYPE|MACHTYPE|BASH\w*|E?UID|EPOCH\w+)\b/,
];

/** Whether a line has something in it that bash knows and `/bin/sh` need not. It is looked at, not understood. */
export const needsBash = (line: string): boolean => {
  const expanding = line.replaceAll(/\\[^\n]/g, '_').replaceAll(/(?<!\$)'[^']*'/g, "''");
  const bare = expanding.replaceAll(/"[^"]*"/g, '""').replaceAll(/(^|\s)#.*$/gm, '$1');
  return anywhere.some((pattern) => pattern.test(expanding)) || outside.some((pattern) => pattern.test(bare));
};
