/** What names a place for the image of a service. */
export type Naming = {
  /** As the file says it, with or without a registry and a tag; null: it does not. */
  readonly image: string | null;
  /** Of the command line or the environment; null: none. */
  readonly registry: string | null;
  readonly stack: string;
  readonly service: string;
};

/** `registry.example.com:5000/shop/web`, without a tag: where what is built is pushed to. Null: nothing says where. */
export const toRepository = ({ image, registry, stack, service }: Naming): string | null => {
  const home = registry === null ? null : registry.replace(/^https?:\/\//, '').replace(/\/+$/, '');
  if (image === null) return home === null ? null : `${home}/${toName(`${stack}-${service}`)}`;
  const named = withoutTag(image);
  if (hasRegistry(named)) return named;
  if (home !== null) return `${home}/${named}`;
  // `me/web` is one of Docker Hub, `web` is one of those that nobody but Docker itself may push.
  return named.includes('/') ? named : null;
};

/** `registry:5000/web:1@sha256:…` → `registry:5000/web` */
const withoutTag = (image: string): string => {
  const [named = ''] = image.split('@');
  const name = named.slice(named.lastIndexOf('/') + 1);
  return name.includes(':') ? named.slice(0, named.lastIndexOf(':')) : named;
};

/** The first part is a host when it could not be a name: that is how every builder tells. */
const hasRegistry = (named: string): boolean => {
  const [first = '', ...rest] = named.split('/');
  return rest.length > 0 && /[.:]|^localhost$/.test(first);
};

const toName = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '') || 'image';

/** Registry and name, as the API of registries has them: Docker Hub has another host, and a folder for what has none. */
export const toPlace = (repository: string): { readonly host: string; readonly name: string } => {
  if (!hasRegistry(repository)) return { host: 'registry-1.docker.io', name: repository };
  const slash = repository.indexOf('/');
  const [host, name] = [repository.slice(0, slash), repository.slice(slash + 1)];
  return host === 'docker.io' || host === 'index.docker.io'
    ? { host: 'registry-1.docker.io', name: name.includes('/') ? name : `library/${name}` }
    : { host, name };
};

/** A registry on this machine, which every builder may ask without TLS, as Docker does. */
export const isLocalRegistry = (repository: string): boolean =>
  /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/.test(toPlace(repository).host);
