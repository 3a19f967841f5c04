const codes: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOMEM']);

/** Nothing can be opened or read at this moment, whatever it is: the system's code is no word about the file, or about the process. */
export const isOutOfFiles = (code: string | undefined): boolean => code !== undefined && codes.has(code);
