import type { Path } from '../../domain/issue.ts';
import { isRawMap } from '../../domain/raw.ts';
import { isLoopback } from '../../domain/resolve/address.ts';
import type { Probe, Text } from '../../domain/service.ts';
import { remember } from '../../util/remember.ts';
import type { CheckContext, Checked } from './context.ts';

/**
 * A probe asks from inside the network of whoever runs the stack, again and again. An address that is neither this machine's
 * nor a service's may be meant, but a file that somebody else wrote must not do it silently.
 */
export const checkProbes = (context: CheckContext): void => {
  const hostnameOf = remember(toHostname);
  const hosts = new Set<string>();
  for (const { draft } of context.activeServices) hosts.add(hostnameOf(draft.host));
  for (const checked of context.activeServices) {
    const { health, ready } = checked.draft;
    if (health !== null) checkProbe({ context, hosts, hostnameOf, checked, probe: health, isHealth: true });
    if (ready !== null && ready !== health) checkProbe({ context, hosts, hostnameOf, checked, probe: ready, isHealth: false });
  }
};

type Asked = {
  readonly context: CheckContext;
  readonly hosts: ReadonlySet<string>;
  /** See `toHostname`. */
  readonly hostnameOf: (host: string) => string;
  readonly checked: Checked;
  readonly probe: Probe;
  readonly isHealth: boolean;
};

const checkProbe = ({ context, hosts, hostnameOf, checked, probe: { check }, isHealth }: Asked): void => {
  if (check.kind !== 'http' && check.kind !== 'tcp') return;
  // Shown as it is written: only so is what a secret gave recognized, and hidden.
  const written = check.kind === 'http' ? writtenHost(toLocal(check.url)) : toLocal(check.host);
  const host = check.kind === 'http' ? hostOfUrl(toLocal(check.url)) : hostnameOf(written);
  if (isThisMachine(host) || hosts.has(host)) return;
  context.report({
    severity: 'warning',
    code: 'invalid-url',
    path: toPath(checked, check.kind, isHealth),
    within: written,
    message: metadataHosts.has(host)
      ? `the probe asks "${written}", the metadata service of a cloud`
      : `the probe asks "${written}", which is neither this machine nor a service of the stack`,
    hint: 'make sure that it is meant',
  });
};

const toPath = ({ draft: { name }, raw }: Checked, kind: 'http' | 'tcp', isHealth: boolean): Path => {
  if (!isHealth) return ['services', name, 'ready', kind];
  return ['services', name, ...(isRawMap(raw['health']) ? ['health', kind] : ['health_url'])];
};

const isThisMachine = (host: string): boolean =>
  isLoopback(host) || host.endsWith('.localhost') || host === '0.0.0.0' || host === '::';

const metadataHosts: ReadonlySet<string> = new Set(['169.254.169.254', 'fd00:ec2::254', 'metadata.google.internal']);

/** Addresses of services, which are only known on a run, are never elsewhere. */
const toLocal = (text: Text): string =>
  typeof text === 'string'
    ? text
    : text
        .map((part) => (typeof part === 'string' ? part : { host: 'localhost', port: '1', url: 'http://localhost:1' }[part.what]))
        .join('');

const writtenHost = (url: string): string => /^\w+:\/\/(?:[^@/?#]*@)?(\[[^\]]*\]|[^:/?#]*)/.exec(url)?.[1] ?? url;

const hostOfUrl = (url: string): string => bare(URL.canParse(url) ? new URL(url).hostname : writtenHost(url));

/** As a URL would have it: `127.1` and `2130706433` are 127.0.0.1. What no URL can hold stays as it is. */
const toHostname = (host: string): string => {
  const url = `http://${host.includes(':') ? `[${bare(host)}]` : host}/`;
  return URL.canParse(url) ? bare(new URL(url).hostname) : host;
};

const bare = (host: string): string => host.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
