import type { AddressRef, Text } from './service.ts';

/**
 * How `${api.port}` travels through validation and resolving: between two NUL characters, which no other text can hold,
 * because files with NUL are refused and environment values cannot have one.
 */
export const addressMark = (service: string, what: string): string => `\0${service}.${what}\0`;

/** Marked text to its parts; text without marks stays plain. */
export const toText = (marked: string): Text => {
  if (!marked.includes('\0')) return marked;
  return marked
    .split('\0')
    .flatMap((part, index): (string | AddressRef)[] => (index % 2 === 1 ? [toAddress(part)] : part === '' ? [] : [part]));
};

const toAddress = (part: string): AddressRef => {
  const dot = part.lastIndexOf('.');
  const what = part.slice(dot + 1);
  return { service: part.slice(0, dot), what: what === 'host' || what === 'url' ? what : 'port' };
};

/** As it was written: `http://${api.host}/`. For messages. */
export const unmark = (marked: string): string => marked.replace(/\0([^\0]*)\0/g, (_, address: string) => `\${${address}}`);
