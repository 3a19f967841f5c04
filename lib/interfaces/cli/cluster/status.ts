import { observe } from '../../../domain/kubernetes/observe.ts';
import { type Sight, toClusterSnapshot } from '../../../domain/kubernetes/snapshot.ts';
import type { ClusterEvent } from '../../../domain/kubernetes/status.ts';
import type { ServiceName } from '../../../domain/service.ts';
import { systemClock } from '../../../runtime/clock.ts';
import type { Cluster } from '../../../runtime/kubernetes/cluster.ts';
import { createObserver, type Observer } from '../../../supervisor/cluster/observer.ts';
import { toStatusData } from '../../control/status-data.ts';
import type { CommandContext } from '../context.ts';
import { renderStatus } from '../render/status.ts';
import { toClusterCommand, withCluster } from './connect.ts';
import { type Prepared, prepareCluster } from './prepare.ts';
import { refuseOptions } from './problems.ts';

/** How the stack is on a cluster, in the form of one on this machine, with the real reason where something is not well. */
export const statusOnCluster = async (context: CommandContext): Promise<number> => {
  const { args, stderr } = context;
  if (refuseOptions(context, 'status', { watch: 'ask again' })) return 2;
  const prepared = await prepareCluster(context, {
    names: args.positionals,
    noDeps: true,
    allProfiles: args.positionals.length === 0,
  });
  if (prepared === null) return 2;
  return await withCluster(context, 'status', async (cluster) => {
    const observer = createObserver({ cluster, clock: systemClock, labels: prepared.labels, onChange: () => undefined });
    try {
      const problem = await observer.start();
      if (problem !== null) {
        stderr.line(`muster status: ${problem}`);
        return 2;
      }
      await show(context, { prepared, observer, cluster });
      return 0;
    } finally {
      observer.stop();
    }
  });
};

type Look = { readonly prepared: Prepared; readonly observer: Observer; readonly cluster: Cluster };

const show = async (context: CommandContext, look: Look): Promise<void> => {
  const { args, stdout } = context;
  const { stack, graph } = look.prepared;
  const found = await Promise.all([...stack.services.keys()].map(async (name) => [name, await toSight(name, look)] as const));
  const sights = new Map(found);
  const { namespace } = look.cluster;
  const isThere = found.some(([, { object }]) => object !== null);
  if (!isThere) {
    if (args.flag('json')) stdout.line(JSON.stringify({ running: false, namespace }));
    else stdout.line(`nothing of ${stack.name} is in namespace ${namespace}; "${toClusterCommand(context, ['up'])}" starts it`);
    return;
  }
  const snapshot = toClusterSnapshot({ stack, order: graph.order, sights, now: systemClock.wall() });
  if (args.flag('json')) stdout.line(JSON.stringify({ ...toStatusData(snapshot), namespace }, null, 2));
  else {
    const toCommand = (words: readonly string[]): string => toClusterCommand(context, words);
    stdout.lines(renderStatus(snapshot, { colour: stdout.colour, unicode: stdout.unicode, width: stdout.columns(), toCommand }));
  }
};

const toSight = async (service: ServiceName, { prepared, observer, cluster }: Look): Promise<Sight> => {
  const own = prepared.objects.get(service);
  const main = own?.main ?? { kind: 'Deployment', name: service };
  const objectName = own?.objectName ?? service;
  // A task that was put there by another form of the file, or from another image, is still that task.
  const object = observer.objectOf(main.kind, main.name) ?? (main.kind === 'Job' ? observer.newestJobOf(objectName) : null);
  const pods = observer.podsOf(objectName, main.kind === 'Job' ? (object?.metadata?.name ?? main.name) : null);
  const isWell = ['ready', 'completed', 'absent'].includes(observe({ object, pods, events: [], logLine: null }).kind);
  const events = isWell
    ? []
    : ((await Promise.all(pods.map(({ metadata }) => cluster.eventsOf(metadata?.name ?? '')))).flat() as readonly ClusterEvent[]);
  const counts = pods.flatMap(({ status }) => (status?.containerStatuses ?? []).map(({ restartCount = 0 }) => restartCount));
  return {
    seen: observe({ object, pods, events, logLine: null }),
    object,
    restarts: counts.reduce((total, count) => total + count, 0),
    readyPods: object?.status?.readyReplicas ?? 0,
    wantedPods: object?.spec?.replicas ?? 1,
  };
};
