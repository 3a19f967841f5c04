import { looksSecret } from '../../../util/secrets.ts';
import { toLiteral } from '../literal.ts';
import { findEnds } from './braces.ts';

/** What Compose reads from the `.env` beside the file. */
export type DotEnv = ReadonlyMap<string, string>;

export type Tell = (text: string) => void;

/**
 * `$NAME`, `${NAME}` and their kin as muster writes them. Compose takes an unset variable for empty, and fills in what `.env` says;
 * muster takes neither for granted, so both become the default. A value of `.env` that looks secret stays where it is: then the
 * variable is asked for by name.
 */
export const toMusterText = (text: string, dotEnv: DotEnv, tell: Tell): string => convert({ text, dotEnv, tell, depth: 0 });

type Job = { readonly text: string; readonly dotEnv: DotEnv; readonly tell: Tell; readonly depth: number };

const convert = (job: Job): string => {
  const { text } = job;
  const ends = findEnds(text);
  let literal = '';
  let result = '';
  for (let at = 0; at < text.length; at += 1) {
    const rest = text.slice(at);
    const found = text.charAt(at) === '$' ? readVariable(rest, (ends.get(at) ?? -1) - at) : null;
    if (rest.startsWith('$$')) {
      literal += '$';
      at += 1;
    } else if (found === null) {
      literal += text.charAt(at);
    } else {
      result += toLiteral(literal) + toExpression(found, job);
      literal = '';
      at += found.length - 1;
    }
  }
  return result + toLiteral(literal);
};

type Variable = { readonly name: string; readonly operator: string; readonly operand: string; readonly length: number };

/** At the start of a text; `end`: where the brace is that closes it, below 0 where none does. */
const readVariable = (text: string, end: number): Variable | null => {
  const [bare = '', short] = /^\$([A-Za-z_]\w*)/.exec(text) ?? [];
  if (short !== undefined) return { name: short, operator: '', operand: '', length: bare.length };
  const [head, name = '', operator = ''] = /^\$\{([A-Za-z_]\w*)(:?[-?+])?/.exec(text) ?? [];
  if (head === undefined || end < 0 || (operator === '' && end !== head.length)) return null;
  return { name, operator, operand: text.slice(head.length, end), length: end + 1 };
};

/** Nobody writes more. */
const mostLevels = 50;

const toExpression = ({ name, operator, operand }: Variable, job: Job): string => {
  const { dotEnv, tell, depth } = job;
  if (depth > mostLevels) {
    tell(`more than ${mostLevels} variables stand in each other: those below are empty here`);
    return '';
  }
  const held = dotEnv.get(name);
  const isHeld = held !== undefined && !(operator.startsWith(':') && held === '');
  if (operator.endsWith('+')) {
    tell(`"\${${name}${operator}…}" became what it is ${isHeld ? 'with' : 'without'} ${name}: muster has no such form`);
    return isHeld ? convert({ ...job, text: operand }) : '';
  }
  if (isHeld && looksSecret(name)) {
    tell(`${name} has its value in .env, which muster does not read for variables: set it before "muster up"`);
    return `\${${name}:?it has its value in .env}`;
  }
  if (isHeld && isPlain(held)) {
    tell(`${name} is "${held}" in .env; that became the default`);
    return depth > 1 ? held : `\${${name}:-${held}}`;
  }
  if (operator.endsWith('?')) return `\${${name}${operator}${isPlain(operand) ? operand : ''}}`;
  const otherwise = convert({ ...job, text: operand, depth: depth + 1 });
  // One level is as deep as muster goes; what is below becomes its own default.
  if (depth > 1) {
    tell(`"\${${name}…}" stands so deep in another variable that it became its default`);
    return otherwise;
  }
  if (hasBraces(otherwise)) return depth > 0 ? otherwise : `\${${name}${operator === '-' ? '-' : ':-'}${otherwise}}`;
  return `\${${name}${operator === '-' ? '-' : ':-'}${otherwise}}`;
};

const isPlain = (text: string): boolean => /^[^${}\n]*$/.test(text);

const hasBraces = (text: string): boolean => text.includes('{');

/** What the text is where no variable is set; null: then it cannot be known. */
export const withDefaults = (text: string): string | null => {
  const filled = text.replaceAll(/\$\{[A-Za-z_]\w*:?-([^${}]*)\}/g, '$1');
  return /\$\{/.test(filled) ? null : filled;
};
