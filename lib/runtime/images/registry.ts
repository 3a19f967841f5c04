import type { Got } from 'got';
import { isLocalRegistry, toPlace } from '../../domain/images/repository.ts';
import { type Asking, type Credentials, findCredentials } from './credentials.ts';

/** Kinds of what a tag may name: an image, or a list of them for several machines. */
const accepted = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/** How long a registry may think about it. */
const patience = 15_000;

/** Digest of what a registry has under a tag. Null: nothing, or it does not say so to us, and then it is built and pushed. */
export const findDigest = async (repository: string, tag: string, asking: Asking): Promise<string | null> => {
  const { host, name } = toPlace(repository);
  const schemes = isLocalRegistry(repository) ? ['http', 'https'] : ['https'];
  const credentials = await findCredentials(host, asking);
  for (const scheme of schemes) {
    const url = `${scheme}://${host}/v2/${name}/manifests/${tag}`;
    const answer = await askRegistry({ url, credentials, name, signal: asking.signal });
    if (answer !== null) return /^sha256:[0-9a-f]{64}$/.test(answer) ? answer : null;
  }
  return null;
};

type Question = {
  readonly url: string;
  readonly credentials: Credentials | null;
  readonly name: string;
  readonly signal: AbortSignal;
};

/** The digest, '' where there is none; null: nobody answers there. */
const askRegistry = async ({ url, credentials, name, signal }: Question): Promise<string | null> => {
  const { got } = await import('got');
  const options = { throwHttpErrors: false, retry: { limit: 0 }, timeout: { request: patience }, signal } as const;
  const head = (authorization: string | null) =>
    got.head(url, { ...options, headers: { accept: accepted, ...(authorization === null ? {} : { authorization }) } });
  try {
    const first = await head(null);
    const challenge = first.headers['www-authenticate'] ?? '';
    const answer =
      first.statusCode !== 401
        ? first
        : await head(
            /^bearer /i.test(challenge)
              ? await fetchToken(challenge, { credentials, name, options, got, isOpen: url.startsWith('http:') })
              : toBasic(credentials),
          );
    return answer.statusCode === 200 ? String(answer.headers['docker-content-digest'] ?? '') : '';
  } catch {
    // Whether it is reached at all the builder finds out, too, and says it better.
    return null;
  }
};

type Token = {
  readonly credentials: Credentials | null;
  readonly name: string;
  readonly options: {
    readonly throwHttpErrors: false;
    readonly retry: { readonly limit: 0 };
    readonly timeout: { readonly request: number };
  };
  readonly got: Got;
  /** It speaks plain HTTP, on this machine; else nobody is told a password that way. */
  readonly isOpen: boolean;
};

/** `Bearer realm="https://auth…",service="…"`: where one gets a token that may read. */
const fetchToken = async (challenge: string, { credentials, name, options, got, isOpen }: Token): Promise<string | null> => {
  const field = (key: string): string | null => new RegExp(`${key}="([^"]*)"`, 'i').exec(challenge)?.[1] ?? null;
  const realm = field('realm');
  if (realm === null || !(realm.startsWith('https://') || (isOpen && realm.startsWith('http://')))) return null;
  const service = field('service');
  const answer = await got(realm, {
    ...options,
    searchParams: { ...(service === null ? {} : { service }), scope: field('scope') ?? `repository:${name}:pull` },
    headers: credentials === null ? {} : { authorization: toBasic(credentials) ?? '' },
  });
  const [, token] = /"(?:access_)?token"\s*:\s*"([^"\\]+)"/.exec(answer.body) ?? [];
  return token === undefined ? null : `Bearer ${token}`;
};

const toBasic = (credentials: Credentials | null): string | null =>
  credentials === null ? null : `Basic ${Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64')}`;
