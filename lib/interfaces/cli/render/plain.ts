import type { ServiceSnapshot } from '../../../domain/snapshot.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import type { News } from '../../control.ts';
import type { Theme } from './theme.ts';

export type PlainOptions = {
  readonly news: News | null;
  /** As it is printed at the start of the line. */
  readonly time: string;
  readonly theme: Theme;
};

/** Where there is no terminal to redraw: one line for each change worth telling, `12:03:04.123 api ready (0.8 s)`; else null. */
export const renderChange = (service: ServiceSnapshot, { news, time, theme }: PlainOptions): string | null => {
  if (news === null || news.text === null) return null;
  const words = toSafeText(theme.text(news.text), { colours: false });
  const [state = '', ...rest] = words.split(' ');
  const story = rest.length === 0 ? '' : ` ${rest.join(' ')}`;
  return `${theme.paint('dim', time)} ${service.name} ${theme.paint(theme.styleOf(service.state, service.optional), state)}${story}`;
};
