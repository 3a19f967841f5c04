/** Colours of a log: the server lets no other control sequences through. The first group: their codes. */
// oxlint-disable-next-line no-control-regex -- colours of a log are control characters.
export const colours = /\x1b\[([0-9;:]*)m/g;

export const stripColours = (text: string): string => (text.includes('\x1b') ? text.replace(colours, '') : text);
