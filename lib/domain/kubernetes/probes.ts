import { isLoopback } from '../resolve/address.ts';
import type { Probe, ProbeCheck, Service } from '../service.ts';
import { type JsonMap, toSeconds } from './object.ts';
import { type ClusterText, escapeDollars, firstPort, toWords } from './text.ts';

export type Tell = (text: string) => void;

export type Probing = { readonly service: Service; readonly write: ClusterText; readonly lose: Tell; readonly refuse: Tell };

/**
 * `ready` is asked until it has passed once (`startupProbe`, for as long as `health_timeout`), `health` after that
 * (`readinessProbe`: no traffic while it fails). Only `on_unhealthy` says that what is unhealthy is to be started again.
 */
export const toProbes = (probing: Probing): JsonMap => {
  const { service } = probing;
  const { ready, health, healthTimeout, startupDelay, restart } = service;
  const start = ready === null ? null : toCheck(ready.check, probing, 'ready');
  const well = health === null ? null : toCheck(health.check, probing, 'health');
  const delay = startupDelay === 0 ? undefined : toSeconds(startupDelay);
  const period = 1;
  const tries = Math.max(1, Math.ceil((healthTimeout ?? 60_000) / 1000 / period));
  return {
    startupProbe:
      start === null || ready === null
        ? undefined
        : {
            ...start,
            initialDelaySeconds: delay,
            periodSeconds: period,
            timeoutSeconds: toSeconds(ready.timeout),
            failureThreshold: tries,
          },
    readinessProbe: well === null || health === null ? undefined : { ...well, ...toReadinessPace(health) },
    livenessProbe: well === null || health === null || !restart.onUnhealthy ? undefined : { ...well, ...toPace(health) },
  };
};

const toPace = ({ interval, timeout, retries }: Probe): JsonMap => ({
  periodSeconds: toSeconds(interval),
  timeoutSeconds: toSeconds(timeout),
  failureThreshold: retries,
});

/** Up to this interval a check is cheap enough to be asked each second. */
const cheapInterval = 5000;

/** The shortest period that a cluster knows. */
const second = 1000;

/**
 * A cluster has no ramp: its first look after the start is up to a whole period late, and so is all that waits for the service. What is
 * asked often anyway is asked each second, with as many more failures and successes until they count: as patient, and as careful, as the
 * file says. Not where a check may hang for longer: kubelet then looks once a timeout, however short the period is, and all those failures
 * would take so many timeouts.
 */
const toReadinessPace = (probe: Probe): JsonMap => {
  const { interval, timeout, retries, successes } = probe;
  if (interval > cheapInterval || timeout > second) return { ...toPace(probe), successThreshold: successes };
  return {
    ...toPace({ ...probe, interval: second }),
    failureThreshold: Math.max(1, Math.round((interval * retries) / second)),
    // From the first of them to the last.
    successThreshold: 1 + Math.ceil(((successes - 1) * interval) / second),
  };
};

/** Null: Kubernetes has no such check, which has been told. */
const toCheck = (check: ProbeCheck, probing: Probing, field: 'ready' | 'health'): JsonMap | null => {
  const { write, refuse } = probing;
  switch (check.kind) {
    case 'http':
      return toHttp(check, probing);
    case 'tcp': {
      const [host, port] = [write(check.host), Number(write(check.port))];
      const isOwn = isLoopback(host) || host === '0.0.0.0' || host === probing.service.host;
      return { tcpSocket: { port, host: isOwn ? undefined : host } };
    }
    case 'exec':
      return { exec: { command: toWords(check.command, write).map(escapeDollars) } };
    case 'log':
    case 'notify':
    case 'file':
      refuse(`"${field}" by ${check.kind}: a cluster asks by http, tcp or exec; write one of these`);
      return null;
  }
};

const toHttp = (check: ProbeCheck & { kind: 'http' }, { service, write, lose, refuse }: Probing): JsonMap | null => {
  const written = write(check.url);
  const [, scheme = 'http', host = '', port, path = ''] =
    /^(https?):\/\/(\[[^\]]*\]|[^:/?#]*)(?::(\d+))?([/?#].*)?$/i.exec(written) ?? [];
  if (host === '') {
    refuse(`its check "${written}" is no address that a cluster can ask`);
    return null;
  }
  if (check.method !== 'GET' && check.method !== 'HEAD') lose(`"method: ${check.method}" of its check: a cluster asks with GET`);
  if (check.bodyMatches !== null) lose('"body_matches" of its check: a cluster looks at the status only');
  if (check.status.some(([low, high]) => low < 200 || high > 399)) lose('"status" of its check: a cluster takes 200 to 399');
  const isOwn = isLoopback(host) || host === '0.0.0.0' || host === service.host;
  const headers = Object.entries(check.headers).map(([name, value]) => ({ name, value: write(value) }));
  return {
    httpGet: {
      path: path.startsWith('/') ? path : `/${path}`,
      port: port === undefined ? (scheme.toLowerCase() === 'https' ? 443 : (firstPort(service) ?? 80)) : Number(port),
      scheme: scheme.toUpperCase(),
      host: isOwn ? undefined : host,
      httpHeaders: headers.length === 0 ? undefined : headers,
    },
  };
};
