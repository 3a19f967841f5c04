import type { Service } from './service.ts';
import type { Refused } from './state.ts';

/** What a passive probe waited for in vain: it has no answer of its own. */
export const awaitedSign = ({ ready }: Pick<Service, 'ready'>): string | null => {
  switch (ready?.check.kind) {
    case 'log':
      return `no line of its output matched /${ready.check.pattern}/`;
    case 'notify':
      return 'nothing was written to NOTIFY_FD';
    case 'file':
      return typeof ready.check.path === 'string' ? `${ready.check.path} did not appear` : 'its file did not appear';
    default:
      return null;
  }
};

/** Redirects and the errors of whoever asks; not those that pass, which may well do so with time. */
export const toRefused = (lastProbe: string | null, { ready, health }: Pick<Service, 'ready' | 'health'>): Refused | null => {
  const said = ready?.check.kind === 'http' ? /^(?:3\d\d|4(?!08|25|29)\d\d)\b[^(]*/.exec(lastProbe ?? '')?.[0].trim() : undefined;
  return said === undefined ? null : { asks: ready === health ? 'health' : 'ready', said };
};
