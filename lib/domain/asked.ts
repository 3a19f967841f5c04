import { toHttpAddress, toReachable } from './resolve/address.ts';
import type { Service, Text } from './service.ts';

/**
 * What a probe of readiness asks, without what may be secret of it: `http://127.0.0.1:3000/health`. Null: it asks no address, or
 * one of others.
 */
export const tellAsked = (
  { name, ready, host }: Pick<Service, 'name' | 'ready' | 'host'>,
  port: number | null,
): string | null => {
  const reached = toReachable(host);
  const own = (text: Text): string | null => {
    const parts = (typeof text === 'string' ? [text] : text).map((part) => {
      if (typeof part === 'string') return part;
      if (part.service !== name || port === null) return null;
      return { host: reached, port: String(port), url: toHttpAddress(reached, port) }[part.what];
    });
    return parts.includes(null) ? null : parts.join('');
  };
  const check = ready?.check;
  if (check?.kind === 'http') return withoutSecrets(own(check.url));
  if (check?.kind !== 'tcp') return null;
  const [where, number] = [own(check.host), own(check.port)];
  return where === null || number === null ? null : `${where}:${number}`;
};

/** Neither a password, which may have an "@" in it, nor a query, which may hold a key. */
const withoutSecrets = (url: string | null): string | null =>
  url === null ? null : url.replace(/^(https?:\/\/)[^/?#]*@/i, '$1').replace(/[?#].*$/, '');
