import type { ExportInput, LossList } from '../exporter.ts';
import { plainValue } from './quote.ts';

/** A unit of the system without these lines runs as root. */
export const toUserLines = ({ user = null }: ExportInput): readonly string[] =>
  user === null ? [] : [`User=${plainValue(user.name)}`, `Group=${plainValue(user.group)}`];

export const tellUserLoss = ({ user = null }: ExportInput, { lose }: LossList): void => {
  if (user === null)
    lose(null, 'who runs it: nobody but root was there to be named, so all of it runs as root; set User= and Group=');
};
