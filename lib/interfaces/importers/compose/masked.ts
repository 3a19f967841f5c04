import { findEnds } from './braces.ts';

/** A text of `services.yaml` with a mark in place of each of its variables, so that what stands around them can be looked at. */
export type Masked = { readonly text: string; readonly variables: readonly string[] };

/** A mark, for a pattern: no text of a file holds the character that it is made of. */
export const mark: string = String.raw`\0\d+\0`;

export const mask = (text: string): Masked => {
  const variables: string[] = [];
  const ends = findEnds(text);
  let masked = '';
  for (let at = 0; at < text.length; at += 1) {
    const end = ends.get(at);
    if (text.startsWith('$$', at)) {
      masked += '$$';
      at += 1;
    } else if (end === undefined) masked += text.charAt(at);
    else {
      masked += `\0${variables.length}\0`;
      variables.push(text.slice(at, end + 1));
      at = end;
    }
  }
  return { text: masked, variables };
};

export const unmask = ({ text, variables }: Masked): string =>
  text.replaceAll(/\0(\d+)\0/g, (_, index: string) => variables[Number(index)] ?? '');

/** `${NAME:-value}` as what is before the value, and the value; null: it has none. */
export const splitDefault = (variable: string): { readonly head: string; readonly value: string } | null => {
  const [, head, value] = /^(\$\{[A-Za-z_]\w*:?-)([^]*)\}$/.exec(variable) ?? [];
  return head === undefined || value === undefined ? null : { head, value };
};
