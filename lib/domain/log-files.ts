import type { Service } from './service.ts';

/** Where stderr goes when it is kept apart from what goes to this file. */
export const errorLogOf = (log: string): string => log.replace(/(\.log)?$/, '.err.log');

/** Where the output goes: stdout first, stderr in a file of its own if it is split. */
export const logFilesOf = ({ log }: Pick<Service, 'log'>): readonly string[] =>
  log.split ? [log.file, errorLogOf(log.file)] : [log.file];
