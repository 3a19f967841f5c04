import { formatDuration } from '../../../util/duration.ts';
import type { DraftField, DraftValue } from '../draft.ts';
import { toLiteral } from '../literal.ts';
import { createReader, type MapReader } from '../reader.ts';
import type { ProcessContext } from './context.ts';

type Probe = { readonly [key: string]: DraftValue };

/** `readiness_probe` says when dependents may start, `liveness_probe` whether it is still well. */
export const toProbes = (process: MapReader, context: ProcessContext): readonly DraftField[] => {
  const ready = toProbe(process, 'readiness_probe', context);
  const alive = toProbe(process, 'liveness_probe', context);
  const line = process.text('ready_log_line');
  const delay = ready.delay ?? alive.delay;
  if (line !== null && ready.probe !== null) process.lose('ready_log_line', '"readiness_probe" says when it is ready');
  const sign = ready.probe ?? (line === null ? null : { log: toLiteral(line.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')) });
  return [
    ...(alive.probe === null ? [] : [{ key: 'health', value: alive.probe }]),
    ...(sign === null ? [] : [{ key: alive.probe === null && line === null ? 'health' : 'ready', value: sign }]),
    ...(delay === null || delay <= 0 || delay >= 60
      ? []
      : [{ key: 'startup_delay', value: formatDuration(Math.round(delay * 1000)) }]),
  ];
};

type Read = { readonly probe: Probe | null; readonly delay: number | null };

const toProbe = (process: MapReader, key: string, context: ProcessContext): Read => {
  const { ledger, line } = context;
  const map = process.map(key);
  if (map === null) return { probe: null, delay: null };
  const exec = map.map('exec');
  const command = exec === null ? null : line(exec, 'command');
  exec?.finish({ working_dir: 'it runs in the folder of the service' });
  const url = toUrl(map, context);
  const delay = map.number('initial_delay_seconds');
  if (delay !== null && delay >= 60)
    map.lose('initial_delay_seconds', 'it has to be ready within a minute: see "health_timeout"');
  const check = command !== null ? { exec: command } : url;
  if (command !== null && url !== null) map.lose('http_get', 'a probe has one check');
  const seconds = (name: string): number | null => {
    const value = map.number(name);
    return value === null || value <= 0 ? null : Math.round(value * 1000);
  };
  const [interval, timeout] = [seconds('period_seconds'), seconds('timeout_seconds')];
  const [successes, retries] = [map.whole('success_threshold', 1), map.whole('failure_threshold', 1)];
  map.finish({});
  if (check === null) {
    ledger.lose(map.spot, 'it has neither exec nor http_get');
    return { probe: null, delay: null };
  }
  const pace = {
    ...(interval === null ? {} : { interval: formatDuration(interval) }),
    ...(timeout === null ? {} : { timeout: formatDuration(timeout) }),
    ...(retries === null ? {} : { retries }),
    ...(successes === null ? {} : { successes }),
  };
  return { probe: { ...check, ...pace }, delay };
};

const toUrl = (probe: MapReader, { ledger, text }: ProcessContext): Probe | null => {
  const map = probe.map('http_get');
  if (map === null) return null;
  const [host, scheme, port, path] = [
    map.text('host') ?? '127.0.0.1',
    map.text('scheme') ?? 'http',
    map.text('port') ?? map.text('num_port'),
    map.text('path') ?? '/',
  ];
  const status = map.number('status_code');
  const entry = map.entry('headers');
  const headers: Record<string, string> = {};
  if (entry?.value.kind === 'map') {
    const all = createReader(entry.value, ledger);
    for (const name of all.keys()) headers[name] = text(all.text(name) ?? '', entry);
  }
  map.finish({});
  const address = `${scheme.toLowerCase()}://${host}${port === null ? '' : `:${port}`}${path.startsWith('/') ? path : `/${path}`}`;
  return {
    http: text(address, map.spot),
    ...(status === null ? {} : { status }),
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
  };
};
