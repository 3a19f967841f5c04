import type { Dependency, ServiceName } from '../service.ts';
import type { JsonMap } from './object.ts';
import { toSeconds } from './object.ts';
import { escapeDollars, findWorkload, firstPort } from './text.ts';
import type { Workload } from './workload.ts';

/** Small, and has `sh`, `nc`, `date` and `sleep`. */
const gateImage = 'busybox:1.36';

export type Gating = { readonly workloads: ReadonlyMap<ServiceName, Workload>; readonly lose: (text: string) => void };

/**
 * What is applied by others, all at once, waits for itself: an init container that asks for the Services of its dependencies, which
 * answer once one of their pods is ready. Null: it waits for nobody.
 */
export const toGate = (workload: Workload, { workloads, lose }: Gating): JsonMap | null => {
  const waits = workload.dependsOn.flatMap((edge): readonly string[] => {
    const target = findWorkload(edge.on, workloads);
    if (target === undefined) return [];
    if (target.service.type === 'task') {
      lose(`that ${edge.on} has to have completed: only the sync wave says so, which plain kubectl does not look at`);
      return [];
    }
    const port = firstPort(target.service);
    if (port !== null) return [toWait({ host: target.objectName, port, limit: toLimit(edge, target) })];
    lose(`that ${edge.on} has to be ${edge.condition}: it has no port that could be asked`);
    return [];
  });
  const pause = workload.service.waitBeforeStart;
  const lines = [...waits, ...(pause === 0 ? [] : [`sleep ${toSeconds(pause)}`])];
  if (lines.length === 0) return null;
  return { name: 'gate', image: gateImage, command: ['/bin/sh', '-c', escapeDollars(lines.join('\n'))] };
};

/** Seconds after which it goes on without; null: as long as it takes. What need not come is waited for as long as it may take to come. */
const toLimit = ({ required, waitUpTo }: Dependency, { service }: Workload): number | null => {
  if (waitUpTo !== null) return toSeconds(waitUpTo);
  return required ? null : toSeconds(service.healthTimeout ?? 60_000);
};

type Wait = { readonly host: string; readonly port: number; readonly limit: number | null };

/** Not `nc -z`, which not every nc has; and its standard input is closed, or it would wait for that. */
const toWait = ({ host, port, limit }: Wait): string => {
  const ask = `nc -w 2 ${host} ${port} </dev/null`;
  if (limit === null) return `until ${ask}; do sleep 1; done`;
  return `end=$(( $(date +%s) + ${limit} )); until ${ask}; do [ "$(date +%s)" -lt "$end" ] || break; sleep 1; done`;
};
