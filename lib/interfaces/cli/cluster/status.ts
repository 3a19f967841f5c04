import { type Observation, observe } from '../../../domain/kubernetes/observe.ts';
import type { ClusterEvent } from '../../../domain/kubernetes/status.ts';
import type { ServiceName } from '../../../domain/service.ts';
import { systemClock } from '../../../runtime/clock.ts';
import type { Cluster } from '../../../runtime/kubernetes/cluster.ts';
import { createObserver, type Observer } from '../../../supervisor/cluster/observer.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import type { CommandContext } from '../context.ts';
import { renderTable } from '../render/table.ts';
import { createTheme } from '../render/theme.ts';
import { withCluster } from './connect.ts';
import { type Prepared, prepareCluster } from './prepare.ts';
import { refuseOptions } from './problems.ts';

type Row = {
  readonly service: ServiceName;
  readonly state: Observation['kind'];
  readonly reason: string | null;
  readonly pods: string;
  readonly restarts: number;
};

/** How the stack is on a cluster, with the real reason where something is not well. */
export const statusOnCluster = async (context: CommandContext): Promise<number> => {
  const { args, stdout, stderr } = context;
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
      const rows = await Promise.all(
        [...prepared.stack.services.keys()].map((name) => toRow(name, { prepared, observer, cluster })),
      );
      if (args.flag('json'))
        stdout.line(JSON.stringify({ name: prepared.stack.name, namespace: cluster.namespace, services: rows }, null, 2));
      else stdout.lines(render(rows, context));
      return 0;
    } finally {
      observer.stop();
    }
  });
};

type Look = { readonly prepared: Prepared; readonly observer: Observer; readonly cluster: Cluster };

const toRow = async (service: ServiceName, { prepared, observer, cluster }: Look): Promise<Row> => {
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
  const seen = observe({ object, pods, events, logLine: null });
  const ready = object?.status?.readyReplicas ?? object?.status?.succeeded ?? 0;
  const restarts = pods.flatMap(({ status }) => (status?.containerStatuses ?? []).map(({ restartCount = 0 }) => restartCount));
  return {
    service,
    state: seen.kind,
    reason: seen.kind === 'progressing' || seen.kind === 'failed' ? seen.reason : null,
    pods: object === null ? '' : `${ready}/${object.spec?.replicas ?? 1}`,
    restarts: restarts.reduce((total, count) => total + count, 0),
  };
};

const render = (rows: readonly Row[], { stdout }: CommandContext): readonly string[] => {
  const theme = createTheme(stdout);
  const columns = [
    { title: 'SERVICE' },
    { title: 'STATE' },
    { title: 'PODS', align: 'right' },
    { title: 'RESTARTS', align: 'right' },
    { title: 'REASON' },
  ] as const;
  const safe = (text: string): string => toSafeText(text, { colours: false });
  return renderTable(
    columns,
    rows.map(({ service, state, pods, restarts, reason }) => [safe(service), state, pods, String(restarts), safe(reason ?? '')]),
    theme,
  );
};
