import { toSafeText } from '../../util/terminal-text.ts';
import { mapFreeText } from '../control/free-text.ts';
import type { Mask } from '../control/mask.ts';

/** As it may be shown: without known secret values, and without control sequences of terminals other than colours. */
export const withoutSecrets = (value: unknown, mask: Mask): unknown =>
  mapFreeText(value, (text) => mask(toSafeText(text, { colours: true })));
