/** A word of a POSIX shell, whatever is in it. */
export const quoteWord = (word: string): string => (/^[\w./@%+,:=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);
